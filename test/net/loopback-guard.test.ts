import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// 192.0.2.0/24 is set aside for documentation (RFC 5737), ".invalid" has no address (RFC 2606): without the guard
// these attempts would fail another way, or wait.
const GUARD = fileURLToPath(import.meta.resolve("channel-testing/loopback-guard"));
const REFUSED = "ENETUNREACH loopback guard: refused";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "loopback-guard-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs a module text in a guarded node that prints what it learns; returns its output. */
async function runGuarded(code: string, env: Record<string, string> = {}): Promise<string> {
  const { NODE_OPTIONS: _ours, ...rest } = process.env;
  const child = spawn(
    process.execPath,
    [`--require=${GUARD}`, "--input-type=module", "--eval", `${REPORT}\n${code}`],
    { env: { ...rest, ...env }, stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("close", () => resolve());
  await promise;
  return output.trim();
}

/** Prints `CODE MESSAGE` of an error, looking below wrappers such as fetch's. */
const REPORT = `const report = (e) => { while (e.cause) e = e.cause; console.log(e.code, e.message); };`;

/** The same for a worker or a child, as a text within the text. */
const INNER = JSON.stringify(
  `${REPORT} import("node:net").then((net) => net.connect(9, "192.0.2.1").on("error", report))`,
);

describe("the loopback guard", () => {
  it.each([
    ["fetch to an address", `await fetch("http://192.0.2.1/").catch(report)`],
    ["fetch to a name", `await fetch("https://relay.invalid/").catch(report)`],
    ["a TCP socket", `(await import("node:net")).connect(9, "192.0.2.1").on("error", report)`],
    ["a TLS socket", `(await import("node:tls")).connect(9, "192.0.2.1").on("error", report)`],
    ["an IPv6 socket", `(await import("node:net")).connect(9, "2001:db8::1").on("error", report)`],
    [
      "an HTTP/2 session",
      `(await import("node:http2")).connect("https://192.0.2.1").on("error", report)`,
    ],
    ["a name lookup", `(await import("node:dns")).lookup("relay.invalid", report)`],
    [
      "a promised lookup",
      `await (await import("node:dns/promises")).lookup("relay.invalid").catch(report)`,
    ],
    ["a DNS query", `(await import("node:dns")).resolve4("relay.invalid", report)`],
    [
      "a named import",
      `import { connect } from "node:net"; connect(9, "192.0.2.1").on("error", report)`,
    ],
    [
      "UDP",
      `(await import("node:dgram")).createSocket("udp4").send("x", 9, "192.0.2.1", function (e) { report(e); this.close(); })`,
    ],
    [
      "a worker thread",
      `new (await import("node:worker_threads")).Worker(${INNER}, { eval: true })`,
    ],
    [
      "a worker thread without its starter's options",
      `new (await import("node:worker_threads")).Worker(${INNER}, { eval: true, execArgv: [] })`,
    ],
    [
      "a child of the child",
      `(await import("node:child_process")).spawn(process.execPath, ["--input-type=module", "--eval", ${INNER}], { stdio: "inherit" })`,
    ],
  ])("refuses %s", async (_name, code) => {
    expect(await runGuarded(code)).toContain(REFUSED);
  });

  it("refuses a WebSocket, whose error event says no more than that it failed", async () => {
    const log = path.join(folder, "refused.log");
    const output = await runGuarded(
      `new WebSocket("ws://192.0.2.1").onerror = () => console.log("failed")`,
      { LOOPBACK_GUARD_LOG: log },
    );
    expect(output).toBe("failed");
    expect(readFileSync(log, "utf8")).toBe("192.0.2.1:80\n");
  });

  it("writes down what it refused", async () => {
    const log = path.join(folder, "refused.log");
    await runGuarded(`await fetch("http://192.0.2.1:81/").catch(report)`, {
      LOOPBACK_GUARD_LOG: log,
    });
    expect(readFileSync(log, "utf8")).toBe("192.0.2.1:81\n");
  });

  it.each(["127.0.0.1", "localhost"])("lets a connection to %s through", async (host) => {
    const server = createServer((socket) => socket.end("welcome"));
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const output = await runGuarded(
      `(await import("node:net")).connect({ port: ${port}, host: "${host}", family: 4 }).on("data", (d) => console.log(String(d)))`,
    );
    server.close();
    expect(output).toBe("welcome");
  });

  it("lets a host through that is allowed by name", async () => {
    const output = await runGuarded(`await fetch("http://relay.invalid/").catch(report)`, {
      LOOPBACK_GUARD_ALLOW: "relay.invalid",
    });
    expect(output).not.toContain("loopback guard");
  });

  it("guards this test runner as well", async () => {
    await expect(fetch("http://192.0.2.1/")).rejects.toMatchObject({
      cause: { code: "ENETUNREACH", message: expect.stringContaining("loopback guard") },
    });
  });
});
