// What somebody says lies on the web: fetched from public https addresses only, bounded, and only if it is what was meant.
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { createServer as createPlain, type Server as PlainServer } from "node:net";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFileFetcher, type FetchExceptions } from "../../extensions/convos/src/fetch-file.ts";
import { CERTIFICATE, KEY } from "../support/test-certificate.ts";

/** Let through in these tests alone. */
const NAME = "127.0.0.1";
const MAX_BYTES = 100_000;

let server: Server;
let port: number;
let requests: string[];
/** What the server answers by path. */
const answers: Record<string, (response: ServerResponse) => void> = {
  "/file": (response) => void response.end("contents"),
  "/large": (response) => void response.end(Buffer.alloc(MAX_BYTES + 1)),
  "/bomb": (response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync(Buffer.alloc(50 * 1024 * 1024)));
  },
  "/endless": (response) => {
    const more = (): void => void response.write(Buffer.alloc(64 * 1024), more);
    more();
  },
  "/slow": (response) => void response.write("one byte, and then nothing"),
  "/gone": (response) => void response.writeHead(404).end(),
  "/inside": (response) =>
    void response.writeHead(302, { location: "https://169.254.169.254/latest" }).end(),
  "/plain": (response) => void response.writeHead(302, { location: `http://${NAME}/` }).end(),
  "/ssh": (response) => void response.writeHead(302, { location: `https://${NAME}:22/` }).end(),
};

beforeAll(async () => {
  server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
    requests.push(request.url ?? "");
    answers[request.url ?? ""]?.(response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  port = portOf(server);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Lets the test's own server through, as the only one. */
function exceptions(): FetchExceptions {
  return {
    policy: { allowPrivateNetwork: true, hostnameAllowlist: [NAME] },
    ports: [String(port)],
    ca: CERTIFICATE,
  };
}

function get(at: string, options: FetchExceptions = exceptions()): Promise<Uint8Array> {
  requests = [];
  const signal = new AbortController().signal;
  return createFileFetcher(options)(`https://${NAME}:${port}${at}`, {
    maxBytes: MAX_BYTES,
    signal,
  });
}

describe("a file on the web", () => {
  it("is fetched over https", async () => {
    expect(Buffer.from(await get("/file")).toString()).toBe("contents");
    expect(requests).toEqual(["/file"]);
  });

  it.each(["/large", "/bomb", "/endless"])("is not read beyond its limit: %s", async (at) => {
    await expect(get(at)).rejects.toMatchObject({ code: "file_too_large" });
  });

  it("is given up when it does not come", async () => {
    await expect(get("/slow", { ...exceptions(), deadlineMs: 300 })).rejects.toThrow(/abort|time/i);
    await expect(get("/gone")).rejects.toMatchObject({ code: "file_refused" });
  });

  it.each(["/inside", "/plain", "/ssh"])(
    "is not fetched from where a redirect leads: %s",
    async (at) => {
      await expect(get(at)).rejects.toBeInstanceOf(Error);
      expect(requests).toEqual([at]);
    },
  );

  it("is looked up once: what its name means a moment later changes nothing", async () => {
    const looks: string[] = [];
    const lookup: NonNullable<FetchExceptions["lookup"]> = async (name) => {
      looks.push(name);
      return [{ address: looks.length === 1 ? "93.184.216.34" : NAME, family: 4 }];
    };
    requests = [];
    const { ca, ports } = exceptions();
    const fetchFile = createFileFetcher({
      lookup,
      deadlineMs: 2000,
      ...(ca && { ca }),
      ...(ports && { ports }),
    });
    const { signal } = new AbortController();
    // The public address is out of reach here. Our own server, which the name means by now, must not be tried.
    const fetched = fetchFile(`https://files.example:${port}/file`, {
      maxBytes: MAX_BYTES,
      signal,
    });
    await expect(fetched).rejects.toBeInstanceOf(Error);
    expect(requests).toEqual([]);
    expect(looks).toEqual(["files.example"]);
  });
});

describe("an address inside", () => {
  it.each([
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://localhost./x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://10.0.0.1/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/x",
    "https://[fd00::1]/x",
    "https://printer.local/x",
    "https://metadata.google.internal/x",
    "http://files.example/x",
    "ftp://files.example/x",
    "file:///etc/passwd",
    "https://files.example:22/x",
    "https://user:password@127.0.0.1/x",
    "not an address",
  ])("is never asked: %s", async (url) => {
    let connections = 0;
    const inside = createPlain((socket) => {
      connections += 1;
      socket.destroy();
    });
    await once(inside.listen(0, "127.0.0.1"), "listening");
    const open = portOf(inside);
    const fetchFile = createFileFetcher({
      // Every name means this machine, and its port is let through: only the address stands in the way.
      lookup: async () => [{ address: "127.0.0.1", family: 4 }],
      ports: [String(open)],
      deadlineMs: 5000,
    });
    const target = url.replace(/^(https:\/\/[^/]+?)(?<!:22)\/x$/, `$1:${open}/x`);
    const signal = new AbortController().signal;
    await expect(fetchFile(target, { maxBytes: 10, signal })).rejects.toBeInstanceOf(Error);
    expect(connections).toBe(0);
    inside.close();
  });
});

function portOf(listening: PlainServer): number {
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("test: no port");
  return address.port;
}
