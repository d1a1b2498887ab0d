import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
} from "node:zlib";
import { base64 } from "@scure/base";
import { type FaultResponder, type RunningRelay, startRelay } from "gossip-relay";
import {
  createHttpRelayClient,
  defaultCrypto,
  type RelayClient,
  userIdFromBytes,
  verifyBoardValue,
} from "gossip-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBoardValue } from "../support/gossip-board-fixtures.ts";

const MIB = 1_048_576;
const bytes = new Uint8Array(100);
const seeker = new Uint8Array(34);

/** Every call of the port; a hostile answer has to be survived by each of them. */
const CALLS: readonly (readonly [string, (client: RelayClient) => Promise<unknown>])[] = [
  ["publishKeys", (client) => client.publishKeys(bytes)],
  ["fetchKeys", (client) => client.fetchKeys(userIdFromBytes(new Uint8Array(32)))],
  ["postAnnouncement", (client) => client.postAnnouncement(bytes)],
  ["fetchBulletin", (client) => client.fetchBulletin({ after: 0n, limit: 500 })],
  ["fetchBulletinCounter", (client) => client.fetchBulletinCounter()],
  ["postValue", (client) => client.postValue(seeker, bytes)],
  ["fetchValues", (client) => client.fetchValues([seeker])],
];

const badResponse = expect.objectContaining({ code: "relay_bad_response" });
const unreachable = expect.objectContaining({ code: "relay_unreachable" });

let relay: RunningRelay;
beforeEach(async () => {
  relay = await startRelay();
});
afterEach(() => relay.close());

/** The error of a call to a relay that answers everything this way. */
async function failureWith(
  respond: FaultResponder,
  call: (client: RelayClient) => Promise<unknown>,
  timeoutMs = 10_000,
): Promise<unknown> {
  const fault = relay.faults.inject({ kind: "respond", respond });
  const client = createHttpRelayClient({ url: relay.url, timeoutMs });
  const failure = await call(client).then(
    (value: unknown) => ({ unexpectedAnswer: value }),
    (error: unknown) => error,
  );
  fault.remove();
  return failure;
}

/** How far the process grew at its peak, and how long it took. */
async function costOf(action: () => Promise<unknown>): Promise<{ peakMib: number; ms: number }> {
  const peakBefore = process.resourceUsage().maxRSS;
  const startedAt = performance.now();
  await action();
  return {
    peakMib: (process.resourceUsage().maxRSS - peakBefore) / 1024,
    ms: performance.now() - startedAt,
  };
}

/** A gibibyte of spaces: a few mebibytes of gzip, some kilobytes of Brotli or Zstandard. */
function gibibyte(): Readable {
  const chunk = Buffer.alloc(MIB, 0x20);
  let left = 1024;
  return new Readable({
    read() {
      this.push(left-- > 0 ? chunk : null);
    },
  });
}

/** A body without end, as fast as the client reads it. */
const pour: FaultResponder = async (_request, response) => {
  const chunk = Buffer.alloc(65_536, 0x20);
  const gone = once(response, "close");
  response.writeHead(200);
  while (!response.destroyed) {
    // Until the client leaves.
    if (!response.write(chunk)) await Promise.race([once(response, "drain"), gone]);
  }
};

/** A body without end, a byte at a time. */
const drip: FaultResponder = (_request, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(" "), 20);
  response.once("close", () => clearInterval(timer));
};

const manyHeaders: FaultResponder = (_request, response) => {
  response.socket?.write("HTTP/1.1 200 OK\r\n");
  response.socket?.end(`x-filler: ${"y".repeat(1_000_000)}\r\n\r\n[]`);
};

const breakOff: FaultResponder = (_request, response) => {
  response.writeHead(200, { "content-length": "1000" }).write('[{"counter":');
  response.socket?.destroy();
};

const announceTooMuch: FaultResponder = (_request, response) => {
  response.writeHead(200, { "content-length": String(1024 * MIB) }).flushHeaders();
};

describe("compressed bombs", () => {
  const bombs: Record<string, Promise<Buffer>> = {
    gzip: buffer(gibibyte().pipe(createGzip({ level: 1 }))),
    deflate: buffer(gibibyte().pipe(createDeflate({ level: 1 }))),
    br: buffer(
      gibibyte().pipe(createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
    ),
    zstd: buffer(gibibyte().pipe(createZstdCompress())),
  };

  it.each(Object.entries(bombs))(
    "of %s unfold to their bound and no further",
    async (encoding, bomb) => {
      const body = await bomb;
      expect(body.length).toBeLessThan(16 * MIB);
      const respond: FaultResponder = (_request, response) => {
        response.writeHead(200, { "content-encoding": encoding });
        response.end(body);
      };
      const failures: unknown[] = [];
      const cost = await costOf(async () => {
        // Their costs are not to be mixed.
        for (const [, call] of CALLS) failures.push(await failureWith(respond, call));
      });
      expect(failures).toEqual(CALLS.map(() => badResponse));
      expect(cost.peakMib).toBeLessThan(256);
      expect(cost.ms).toBeLessThan(30_000);
    },
    60_000,
  );

  it("of JSON, few bytes that would become millions of values, are not parsed", async () => {
    const body = `[${"[],".repeat(5_000_000)}[]]`;
    const respond: FaultResponder = (_request, response) => void response.end(body);
    const failures: unknown[] = [];
    const cost = await costOf(async () => {
      // Their costs are not to be mixed.
      for (const [, call] of CALLS) failures.push(await failureWith(respond, call));
    });
    expect(failures).toEqual(CALLS.map(() => badResponse));
    expect(cost.peakMib).toBeLessThan(256);
    expect(cost.ms).toBeLessThan(15_000);
  });
});

describe("endless answers", () => {
  it.each(CALLS)("end %s at its bound", async (_, call) => {
    let failure: unknown;
    const cost = await costOf(async () => {
      failure = await failureWith(pour, call);
    });
    expect(failure).toEqual(badResponse);
    expect(cost.peakMib).toBeLessThan(256);
    expect(cost.ms).toBeLessThan(15_000);
  });

  it.each(CALLS)("that drip a byte at a time end %s at its time-out", async (_, call) => {
    const cost = await costOf(async () => {
      expect(await failureWith(drip, call, 300)).toEqual(unreachable);
    });
    expect(cost.ms).toBeLessThan(5_000);
  });

  it.each(CALLS)("of headers that never come end %s at its time-out", async (_, call) => {
    const failure = await failureWith(() => undefined, call, 200);
    expect(failure).toEqual(unreachable);
  });

  it("of headers without end are refused", async () => {
    const failure = await failureWith(manyHeaders, (client) => client.fetchBulletinCounter());
    expect(failure).toEqual(unreachable);
  });

  it("close their connection when the caller gives up", async () => {
    const closed = Promise.withResolvers<void>();
    const stop = new AbortController();
    const respond: FaultResponder = (_request, response) => {
      response.once("close", () => closed.resolve());
      response.writeHead(200).write("[");
      stop.abort(new Error("stopped"));
    };
    const { signal } = stop;
    const failure = await failureWith(respond, (client) => client.fetchBulletinCounter({ signal }));
    expect(failure).toBe(signal.reason);
    await closed.promise;
  });
});

describe("redirects", () => {
  let visitors: string[] = [];
  let elsewhere = "";
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    visitors.push(request.url ?? "");
    response.end('{"counter": "1"}');
  });
  beforeEach(async () => {
    visitors = [];
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    elsewhere = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;
  });
  afterEach(() => server.close());

  const targets = () => [
    elsewhere,
    elsewhere.replace("127.0.0.1", "localhost"),
    "http://169.254.169.254/latest/meta-data/",
    "http://relay.example/api/bulletin/counter",
    "https://relay.example/api/bulletin/counter",
    "/api/bulletin/counter",
    "file:///etc/passwd",
  ];

  it.each([301, 302, 303, 307, 308])("with status %i are not followed", async (status) => {
    for (const location of targets()) {
      const respond: FaultResponder = (_request, response) => {
        response.writeHead(status, { location }).end();
      };
      for (const [, call] of CALLS) {
        expect(await failureWith(respond, call)).toMatchObject({
          code: "relay_bad_response",
          message: expect.stringContaining(String(status)),
        });
      }
    }
    expect(visitors).toEqual([]);
  });
});

describe("answers that are not what they should be", () => {
  it.each([
    ["a login page", "<!doctype html><title>Log in</title>"],
    ["nothing", ""],
    ["half an answer", '{"counter": "1'],
    ["a JSON text", '"1"'],
    ["null", "null"],
    ["bytes", Buffer.from([0xff, 0xfe, 0x00])],
  ])("such as %s are refused by every call that reads one", async (_, body) => {
    const respond: FaultResponder = (_request, response) => void response.end(body);
    const reading = CALLS.filter(([name]) => /^fetch|Announcement/u.test(name));
    for (const [, call] of reading) {
      expect(await failureWith(respond, call)).toEqual(badResponse);
    }
  });

  it("are refused when they break off", async () => {
    for (const [, call] of CALLS) {
      expect(await failureWith(breakOff, call)).toEqual(unreachable);
    }
  });

  it("are refused when they announce more than their bound, before they come", async () => {
    for (const [, call] of CALLS) {
      expect(await failureWith(announceTooMuch, call)).toEqual(badResponse);
    }
  });

  it.each([
    "9223372036854775808",
    "18446744073709551616",
    "9".repeat(400),
    "-1",
    "1e9",
    "NaN",
    2 ** 53,
  ])("are refused when the counter is %s", async (counter) => {
    const item = { counter, data: "" };
    const respond: FaultResponder = (request, response) => {
      const isPage = /limit=/u.test(request.url ?? "");
      response.end(JSON.stringify(isPage ? [{ counter: "1", data: "" }, item] : item));
    };
    const reading = CALLS.filter(([name]) => /Bulletin|Announcement/u.test(name));
    expect(reading).toHaveLength(3);
    for (const [, call] of reading) {
      expect(await failureWith(respond, call)).toEqual(badResponse);
    }
  });
});

const entry = (key: Uint8Array, value: Uint8Array) => ({
  key: base64.encode(key),
  value: base64.encode(value),
});

describe("a relay that mixes up its board", () => {
  it("gives away no value that was not asked for, and none that passes for another's", async () => {
    const [mine, theirs, unasked] = [createBoardValue(), createBoardValue(), createBoardValue()];
    const client = createHttpRelayClient({ url: relay.url });
    relay.faults.inject({
      kind: "rewrite",
      routes: ["messages_fetch"],
      rewrite: () => [
        entry(unasked.seeker, unasked.value),
        entry(mine.seeker, theirs.value),
        entry(theirs.seeker, mine.value),
        entry(mine.seeker, mine.value),
      ],
    });
    const found = await client.fetchValues([mine.seeker, theirs.seeker]);
    expect(found.map((value) => value.seeker)).toEqual([mine.seeker, theirs.seeker]);
    const crypto = defaultCrypto();
    expect(found.map(({ seeker: at, value }) => verifyBoardValue(at, value, crypto))).toEqual([
      false,
      false,
    ]);
  });
});

/** As if a line brought so many bytes of each answer and then nothing within the time that an answer has. */
const fetchOnSlowLine =
  (most: number): typeof fetch =>
  async (url, init) => {
    const { body, headers, status } = await fetch(url, init);
    let left = most;
    const slow = new TransformStream<Uint8Array, Uint8Array>({
      transform: async (chunk, controller) => {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
        if (left < 0 && init?.signal) await once(init.signal, "abort");
        init?.signal?.throwIfAborted();
      },
    });
    return new Response(body?.pipeThrough(slow) ?? null, { headers, status });
  };

describe("entries of strangers that are too large", () => {
  it("do not stop a reader: it asks for fewer until they fit", async () => {
    const client = createHttpRelayClient({ url: relay.url, maxResponseBytes: 20_000 });
    for (let i = 0; i < 6; i++) {
      // Their order is the point.
      await client.postAnnouncement(new Uint8Array(9_000).fill(i));
    }
    let after = 0n;
    const seen: number[] = [];
    for (;;) {
      const page = await client.fetchBulletin({ after, limit: 500 });
      if (page.length === 0) break;
      for (const { counter, data } of page) {
        seen.push(data[0] ?? -1);
        after = counter;
      }
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("do not stop a reader on a slow line either, for which they come too late", async () => {
    const client = createHttpRelayClient({
      url: relay.url,
      timeoutMs: 500,
      fetch: fetchOnSlowLine(100_000),
    });
    for (let i = 0; i < 6; i++) await client.postAnnouncement(new Uint8Array(40_000).fill(i));
    const page = await client.fetchBulletin({ after: 0n, limit: 4 });
    expect(page.map(({ data }) => data[0])).toEqual([0]);
    const values = Array.from({ length: 6 }, () => createBoardValue(new Uint8Array(40_000)));
    await Promise.all(values.map(({ seeker: at, value }) => client.postValue(at, value)));
    expect(await client.fetchValues(values.map((value) => value.seeker))).toHaveLength(6);
  });

  it("do not keep other contacts' values back", async () => {
    const client = createHttpRelayClient({ url: relay.url, maxResponseBytes: 100_000 });
    const small = Array.from({ length: 5 }, () => createBoardValue(new Uint8Array(100)));
    const large = Array.from({ length: 3 }, () => createBoardValue(new Uint8Array(60_000)));
    const all = [...small, ...large];
    await Promise.all(all.map(({ seeker: at, value }) => client.postValue(at, value)));
    const found = await client.fetchValues(all.map((value) => value.seeker));
    expect(found).toHaveLength(8);
  });
});

describe("plain http beyond this machine", () => {
  it.each(["http://relay.example/api", "http://169.254.169.254/api", "http://10.0.0.1/api"])(
    "is refused: %s",
    (url) => {
      expect(() => createHttpRelayClient({ url })).toThrow(
        expect.objectContaining({ code: "insecure_relay_url" }),
      );
    },
  );
});
