import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startLocalNode } from "xmtp-local-node";
import { connectGrpc } from "../support/grpc-client.ts";
import { groupMessageBytes } from "../support/mls-bytes.ts";
import { spawnXmtpNode, startXmtpNode } from "../support/xmtp-node-process.ts";

const groupId = Buffer.alloc(16, 1);

describe("the local node's command", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "xmtp-local-node-"));
    file = path.join(folder, "deeper", "node.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints one line with its URL, serves, and stops cleanly on %s",
    async (signal) => {
      await using node = await startXmtpNode("--port", "0");
      expect(node.lines).toEqual([`xmtp-local-node: ${node.url} (in memory)`]);
      await using client = connectGrpc(node.url);
      expect(await client.call("FetchKeyPackages", {})).toMatchObject({ status: 0 });
      expect(await node.end(signal)).toEqual([0, null]);
    },
  );

  it("goes on counting where a killed one stopped, on a file for its owner only", async () => {
    await using first = await startXmtpNode("--port", "0", "--db", file);
    await send(first.url, "one");
    await first.end("SIGKILL");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await using second = await startXmtpNode("--port", "0", "--db", file);
    await send(second.url, "two");
    await using client = connectGrpc(second.url);
    const { answer } = await client.call("QueryGroupMessages", { groupId });
    expect(answer).toMatchObject({ messages: [{ v1: { id: "2" } }, { v1: { id: "1" } }] });
  });

  it("says when the port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { stderr, code } = await refuse("--port", port);
    other.close();
    expect(stderr).toContain(`127.0.0.1 port ${port} is in use: choose another port`);
    expect(code).toBe(1);
  });

  it("refuses to be reached by others", async () => {
    const { stderr, code } = await refuse("--port", "0", "--host", "0.0.0.0");
    expect(stderr).toContain("0.0.0.0 is no loopback address");
    expect(code).toBe(1);
  });

  it.each([
    [["--port", "many"], "--port: expected a whole number"],
    [["--port", "70000"], "port: expected a whole number, 0 to 65535, got 70000"],
    [["--speed", "9"], "Unknown option '--speed'"],
  ])("explains what is wrong with %j", async (flags, message) => {
    const { stderr, code } = await refuse(...flags);
    expect(stderr).toContain(message);
    expect(code).toBeGreaterThan(0);
  });

  it("leaves the database of a newer version alone", async () => {
    await (await startLocalNode({ db: file })).close();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    await expect(startLocalNode({ db: file })).rejects.toMatchObject({ code: "database_newer" });
    const { stderr } = await refuse("--port", "0", "--db", file);
    expect(stderr).toContain("has format 99, this node knows 1: use a newer node");
  });

  it("leaves a file that is no database of a node alone", async () => {
    const foreign = path.join(folder, "notes.txt");
    writeFileSync(foreign, "not a database, but somebody's notes, long enough to be looked at");
    await expect(startLocalNode({ db: foreign })).rejects.toMatchObject({
      code: "database_unusable",
    });
  });

  it("does not share its database with a second node", async () => {
    await using first = await startLocalNode({ db: file });
    await expect(startLocalNode({ db: file })).rejects.toMatchObject({ code: "database_unusable" });
    expect(first.stats().installations).toBe(0);
  });
});

async function send(url: string, content: string): Promise<void> {
  await using client = connectGrpc(url);
  const messages = [{ v1: { data: groupMessageBytes({ groupId, content }) } }];
  expect(await client.call("SendGroupMessages", { messages })).toMatchObject({ status: 0 });
}

/** Runs it to its end. */
async function refuse(...flags: string[]) {
  const child = spawnXmtpNode(...flags);
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { stderr, code: Number(code) };
}
