import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { parseList, verifyList } from "mesh-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MeshProcess, spawnMesh } from "../support/mesh-process.ts";

let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-cli-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
  rmSync(folder, { recursive: true });
});

async function join(name: string, setup: Partial<Parameters<typeof MeshProcess.start>[0]> = {}) {
  const peer = await MeshProcess.start({ folder: path.join(folder, name), ...setup });
  children.push(peer.child);
  return peer;
}

/** Runs a command beside a peer's folder to its end. */
async function mesh(name: string, args: readonly string[], input = "", env = {}) {
  const child = spawnMesh(args, { folder: path.join(folder, name), env });
  children.push(child);
  child.stdin?.end(input);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout ?? Readable.from([])),
    text(child.stderr ?? Readable.from([])),
    once(child, "exit"),
  ]);
  return { output, errors, code };
}

/** Starts `mesh tail` and gives its lines one by one. */
function tail(name: string, ...args: readonly string[]) {
  const child = spawnMesh(["tail", ...args], { folder: path.join(folder, name) });
  children.push(child);
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return { child, next: async () => String((await lines.next()).value) };
}

describe("mesh send and mesh tail", () => {
  it("carry a line from one bot to another, and an acknowledged one is not offered again", async () => {
    const ann = await join("ann");
    const ben = await join("ben", { peers: [ann.url] });
    const reader = tail("ben", "lobby", "--json", "--ack");
    const sent = await mesh("ann", ["send", "lobby", "hello", "there", "--key", "k1"]);
    expect([sent.code, sent.errors]).toEqual([0, ""]);
    const event = JSON.parse(await reader.next()) as unknown;
    const id = sent.output.trim();
    expect(event).toMatchObject({ body: "hello there", from: ann.peerId, messageId: id });

    // The same key is the same message; standard input is not seen by other users.
    expect((await mesh("ann", ["send", "lobby", "--key", "k1"], "again")).output.trim()).toBe(id);
    const odd = "two\nlines \u001b[31m and an end\n";
    await mesh("ann", ["send", "lobby", "-"], odd);
    expect(JSON.parse(await reader.next())).toMatchObject({ body: odd.slice(0, -1) });

    reader.child.kill("SIGTERM");
    await once(reader.child, "exit");
    const later = tail("ben", "lobby");
    await ann.send({ channel: "lobby", body: "the third" });
    const shown = await later.next();
    expect(shown).toMatch(
      new RegExp(`^\\d\\d:\\d\\d:\\d\\d lobby ${ann.peerId.slice(0, 8)}: `, "u"),
    );
    expect(["the third", "two"]).toContain(
      shown
        .replace(/^.*?: /u, "")
        .slice(0, 9)
        .trim()
        .split("\u23ce")[0],
    );
    expect(shown).not.toContain("\u001b");
    expect(ben.isAlive).toBe(true);
  });

  it("a direct message goes to a peer by its id, sealed", async () => {
    const ann = await join("ann");
    const ben = await join("ben", { peers: [ann.url] });
    const reader = tail("ben", "@", "--json");
    const { code, output } = await mesh("ann", ["send", `@${ben.peerId}`, "for you"]);
    expect([code, output]).toEqual([0, expect.stringMatching(/\S/u)]);
    const event = JSON.parse(await reader.next()) as unknown;
    expect(event).toMatchObject({
      kind: "direct",
      body: "for you",
      sealed: true,
      from: ann.peerId,
    });
  });

  it("say what is wrong, why, and what to do next, and repeat no text", async () => {
    const nobody = await mesh("nobody", ["send", "lobby", "a secret text"]);
    expect(nobody).toEqual({
      code: 1,
      output: "",
      errors:
        "mesh: no peer runs here: start one with `mesh join`, or set MESH_STORE_PATH as it was set there\n",
    });
    await join("ann");
    const huge = await mesh("ann", ["send", "lobby"], "x".repeat(70_000));
    expect([huge.code, huge.errors]).toEqual([2, expect.stringContaining("at most 64 KiB")]);
    const bad = await mesh("ann", ["send", "@nobody", "a secret text"]);
    expect([bad.code, bad.errors]).toEqual([1, expect.stringContaining("refused it")]);
    expect(nobody.errors + bad.errors).not.toContain("secret");
  });

  it("a stream goes on where it stopped when the peer was started anew", async () => {
    const ann = await join("ann");
    const ben = await join("ben", { peers: [ann.url] });
    const reader = tail("ben", "lobby", "--json");
    await ann.send({ channel: "lobby", body: "before" });
    expect(JSON.parse(await reader.next())).toMatchObject({ body: "before" });
    const again = await ben.restart("SIGKILL");
    children.push(again.child);
    await ann.send({ channel: "lobby", body: "after" });
    expect(JSON.parse(await reader.next())).toMatchObject({ body: "after" });
  });
});

describe("mesh join", () => {
  it("prints one line, keeps its state for its owner alone, and stops cleanly", async () => {
    const peer = await join("ann");
    const modes = ["mesh", "keys", "mesh/auth-header", "mesh/api.json", "keys/key.pem"].map(
      (name) => statSync(path.join(folder, "ann", name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600, 0o600]);
    const exited = once(peer.child, "exit");
    peer.child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });

  it("keeps its key when the public half is lost, and never makes another in its place", async () => {
    const first = await join("ann");
    await first.stop();
    unlinkSync(path.join(folder, "ann", "keys", "pub.pem"));
    const second = await join("ann");
    expect(second.peerId).toBe(first.peerId);
    await second.stop();
    const file = path.join(folder, "ann", "keys", "key.pem");
    writeFileSync(file, "-----BEGIN PRIVATE KEY-----\n");
    const refused = await mesh("ann", ["join"]);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining(file)]);
    expect(readFileSync(file, "utf8")).toBe("-----BEGIN PRIVATE KEY-----\n");
  });

  it.each([
    [["join"], { PORT: "port" }, 2, "PORT: expected a port, 0 to 65535"],
    [["join", "--peer", "http://a.example"], {}, 2, "begins with ws:// or wss://"],
    [["join", "--nope"], {}, 2, "Unknown option '--nope'"],
    [["join"], { HOST: "192.0.2.1" }, 1, "cannot listen on 192.0.2.1 port 0: set PORT"],
    [["frobnicate"], {}, 2, "unknown command; see mesh --help"],
    [
      ["bootstrap"],
      { MESH_BOOTSTRAP_FILE: "/nowhere/list.json" },
      1,
      "/nowhere/list.json: not there",
    ],
  ])("says what is wrong with %j %j", async (args, env, status, message) => {
    const { code, errors } = await mesh("ann", args, "", env);
    expect(errors).toContain(message);
    expect(errors).not.toMatch(/^\s+at /mu);
    expect(code).toBe(status);
  });

  it("names the port that another peer has, and the folder that is in use", async () => {
    const peer = await join("ann");
    const taken = await mesh("ben", ["join"], "", { PORT: String(peer.port) });
    expect([taken.code, taken.errors]).toEqual([
      1,
      expect.stringContaining("set PORT to a free port"),
    ]);
    const same = await mesh("ann", ["join"]);
    expect(same.code).toBe(1);
    expect(same.errors).not.toMatch(/^\s+at /mu);
    const api = await mesh("cid", ["join"], "", { MESH_API_PORT: new URL(peer.apiUrl).port });
    expect([api.code, api.errors]).toEqual([1, expect.stringContaining("set MESH_API_PORT")]);
  });
});

describe("the local API", () => {
  it("serves whoever has the token, on this machine alone, and stops at a file that others may read", async () => {
    const peer = await join("ann");
    expect(new URL(peer.apiUrl).hostname).toBe("127.0.0.1");
    expect((await fetch(`${peer.apiUrl}/v1/peer`)).status).toBe(401);
    expect(await (await peer.call("/v1/peer")).json()).toMatchObject({ peerId: peer.peerId });
    expect((await fetch(`${peer.apiUrl}/healthz`)).status).toBe(200);
    expect(await peer.metric("mesh_links")).toBe(0);
    await peer.stop();
    chmodSync(path.join(folder, "ann", "mesh", "auth-header"), 0o644);
    const refused = await mesh("ann", ["join"]);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining("others may read")]);
  });
});

describe("mesh bootstrap", () => {
  it("signs a list, serves it to everybody, and leads a peer to another", async () => {
    const ann = await join("ann");
    const file = path.join(folder, "bootstrap.json");
    writeFileSync(
      file,
      JSON.stringify({ version: 1, peers: [{ peer_id: ann.peerId, ws_url: ann.url }] }),
    );
    const env = { MESH_BOOTSTRAP_FILE: file, MESH_BOOTSTRAP_PORT: "0" };
    const server = spawnMesh(["bootstrap"], { folder: path.join(folder, "list"), env });
    children.push(server);
    const [line] = await once(createInterface({ input: server.stdout ?? process.stdin }), "line");
    const { signerId = "", port = "" } =
      /signed by (?<signerId>\S{43}) on \S+ port (?<port>\d+);/u.exec(String(line))?.groups ?? {};
    const url = `http://127.0.0.1:${port}/bootstrap.json`;
    const response = await fetch(url);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const list = parseList(await response.text());
    expect(verifyList(list, { signerId, known: undefined, nowMs: Date.now() })).toMatch(/^1 /u);

    const ben = await join("ben", {
      env: { MESH_BOOTSTRAP_URL: url, MESH_BOOTSTRAP_SIGNER: signerId },
    });
    const hears = await ben.listen();
    await ann.send({ channel: "lobby", body: "found you" });
    await hears.until((event) => event.body === "found you");
    await hears.close();
  });
});
