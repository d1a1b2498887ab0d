import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
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
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { MeshProcess, spawnMesh } from "../support/mesh-process.ts";

const BodySchema = z.object({ body: z.string() });

let folder = "";
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-cli-"));
});
afterAll(async () => {
  await Promise.all(children.map(end));
  rmSync(folder, { recursive: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

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
  let ann: MeshProcess;
  let ben: MeshProcess;
  beforeAll(async () => {
    ann = await join("ann");
    ben = await join("ben", { peers: [ann.url] });
  });

  it("carry lines from one bot to another, and an acknowledged one is not offered again", async () => {
    const reader = tail("ben", "lobby", "--json", "--ack");
    const sent = await mesh("ann", ["send", "lobby", "hello", "there", "--key", "k1"]);
    expect([sent.code, sent.errors]).toEqual([0, ""]);
    const id = sent.output.trim();
    const first = { body: "hello there", from: ann.peerId, messageId: id };
    expect(JSON.parse(await reader.next())).toMatchObject(first);

    // The same key is the same message.
    expect((await mesh("ann", ["send", "lobby", "--key", "k1"], "again")).output.trim()).toBe(id);
    const odd = "two\nlines \u001b[31m and an end";
    await mesh("ann", ["send", "lobby", "-"], `${odd}\n`);
    // The first was acknowledged before this one was printed.
    expect(JSON.parse(await reader.next())).toMatchObject({ body: odd });
    await end(reader.child);

    const later = tail("ben", "lobby");
    await ann.send({ channel: "lobby", body: `again ${odd}` });
    const shown = [await later.next()];
    while (!shown.at(-1)?.includes("again")) shown.push(await later.next());
    expect(shown.at(-1)?.slice(9)).toBe(
      `lobby ${ann.peerId.slice(0, 8)}: again two\u23celines \ufffd[31m and an end`,
    );
    expect(shown.join()).not.toContain("hello");
    await end(later.child);
  });

  it("a direct message goes to a peer by its id, sealed", async () => {
    const reader = tail("ben", "@", "--json");
    const { code, output } = await mesh("ann", ["send", `@${ben.peerId}`, "for you"]);
    expect([code, output]).toEqual([0, expect.stringMatching(/\S/u)]);
    const direct = { kind: "direct", body: "for you", sealed: true, from: ann.peerId };
    expect(JSON.parse(await reader.next())).toMatchObject(direct);
    await end(reader.child);
  });

  it("say what is wrong, why, and what to do next, and repeat no text", async () => {
    const [nobody, huge, bad] = await Promise.all([
      mesh("nobody", ["send", "lobby", "a secret text"]),
      mesh("ann", ["send", "lobby"], "x".repeat(70_000)),
      mesh("ann", ["send", "@nobody", "a secret text"]),
    ]);
    expect(nobody).toEqual({
      code: 1,
      output: "",
      errors:
        "mesh: no peer runs here: start one with `mesh join`, or set MESH_STORE_PATH as it was set there\n",
    });
    expect([huge.code, huge.errors]).toEqual([2, expect.stringContaining("at most 64 KiB")]);
    expect([bad.code, bad.errors]).toEqual([1, expect.stringContaining("refused it")]);
    expect(nobody.errors + bad.errors).not.toContain("secret");
  });

  it("a stream goes on where it stopped when the peer was started anew", async () => {
    const reader = tail("ben", "lobby", "--json");
    const bodies: unknown[] = [];
    const until = async (body: string): Promise<void> => {
      while (bodies.at(-1) !== body) {
        bodies.push(BodySchema.parse(JSON.parse(await reader.next())).body);
      }
    };
    await ann.send({ channel: "lobby", body: "before" });
    await until("before");
    ben = await ben.restart("SIGKILL");
    children.push(ben.child);
    await ann.send({ channel: "lobby", body: "after" });
    await until("after");
    expect(new Set(bodies).size).toBe(bodies.length);
  });

  it("the event stream goes on after the last event that a bot has, and leaves out what it acknowledged", async () => {
    const first = await ben.listen();
    await ann.send({ channel: "lobby", body: "one" });
    await ann.send({ channel: "lobby", body: "two" });
    const one = await first.until((event) => event.body === "one");
    await first.until((event) => event.body === "two");
    await first.close();

    const second = await ben.listen(one.id);
    expect(await second.until(() => true)).toMatchObject({ body: "two" });
    await second.close();

    const ids = first.seen.map(({ id }) => id);
    expect((await ben.call("/v1/events/ack", { ids })).status).toBe(204);
    const third = await ben.listen();
    await ann.send({ channel: "lobby", body: "three" });
    expect(await third.until(() => true)).toMatchObject({ body: "three" });
    await third.close();
    expect((await ben.call("/v1/events?channel=lobby&from=me")).status).toBe(400);
  });

  it("more than 32 listeners are refused, and those who leave make room", async () => {
    const listeners = await Promise.all(Array.from({ length: 32 }, () => ann.listen()));
    expect((await ann.call("/v1/events")).status).toBe(429);
    expect(await ann.metric("mesh_event_streams")).toBe(32);
    await Promise.all(listeners.map((listener) => listener.close()));
    await expect.poll(() => ann.metric("mesh_event_streams")).toBe(0);
  });

  it("a log names nobody and repeats nothing, however much it says", async () => {
    await ann.send({ channel: "#a-private-name", body: "a private text" });
    await ann.send({ to: ben.peerId, body: "a private text" });
    const log = [...ann.errors, ...ben.errors].join("");
    expect(log).toContain("mesh: ");
    for (const word of ["private", ann.peerId, ben.peerId, "127.0.0.1", "lobby"]) {
      expect(log).not.toContain(word);
    }
  });

  it("a second peer is told which port or folder is taken, and what to set", async () => {
    const [port, same, api] = await Promise.all([
      mesh("cid", ["join"], "", { PORT: String(ann.port) }),
      mesh("ann", ["join"]),
      mesh("dan", ["join"], "", { MESH_API_PORT: new URL(ann.apiUrl).port }),
    ]);
    expect(port.errors).toContain("set PORT to a free port");
    expect(same.errors).toContain("stop that one, or set MESH_STORE_PATH");
    expect(api.errors).toContain("set MESH_API_PORT");
    expect([port.code, same.code, api.code]).toEqual([1, 1, 1]);
    expect(port.errors + same.errors + api.errors).not.toMatch(/^\s+at /mu);
    expect(ann.isAlive).toBe(true);
  });

  it("mesh bootstrap signs a list, serves it to everybody, and leads a peer to another", async () => {
    const file = path.join(folder, "bootstrap.json");
    const peers = [{ peer_id: ann.peerId, ws_url: ann.url }];
    writeFileSync(file, JSON.stringify({ version: 1, peers }));
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
    expect(verifyList(list, { signerId, known: undefined, nowMs: Date.now() })).toMatch(
      /^\d{10} /u,
    );

    const eve = await join("eve", {
      env: { MESH_BOOTSTRAP_URL: url, MESH_BOOTSTRAP_SIGNER: signerId },
    });
    const hears = await eve.listen();
    await ann.send({ channel: "lobby", body: "found you" });
    await hears.until((event) => event.body === "found you");
    await hears.close();
  });
});

describe("mesh join", () => {
  it("keeps its state for its owner alone, serves whoever has the token, and stops cleanly", async () => {
    const peer = await join("fay");
    const modes = ["mesh", "keys", "mesh/auth-header", "mesh/api.json", "keys/key.pem"].map(
      (name) => statSync(path.join(folder, "fay", name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600, 0o600]);
    expect(new URL(peer.apiUrl).hostname).toBe("127.0.0.1");
    expect((await fetch(`${peer.apiUrl}/v1/peer`)).status).toBe(401);
    expect(await (await peer.call("/v1/peer")).json()).toMatchObject({ peerId: peer.peerId });
    expect((await fetch(`${peer.apiUrl}/healthz`)).status).toBe(200);
    expect(await peer.metric("mesh_links")).toBe(0);
    const exited = once(peer.child, "exit");
    peer.child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
    chmodSync(path.join(folder, "fay", "mesh", "auth-header"), 0o644);
    const refused = await mesh("fay", ["join"]);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining("others may read")]);
  });

  it("keeps its key when the public half is lost, and never makes another in its place", async () => {
    const first = await join("gus");
    await first.stop();
    unlinkSync(path.join(folder, "gus", "keys", "pub.pem"));
    const second = await join("gus");
    expect(second.peerId).toBe(first.peerId);
    await second.stop();
    const file = path.join(folder, "gus", "keys", "key.pem");
    writeFileSync(file, "-----BEGIN PRIVATE KEY-----\n");
    const refused = await mesh("gus", ["join"]);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining(file)]);
    expect(readFileSync(file, "utf8")).toBe("-----BEGIN PRIVATE KEY-----\n");
  });

  it("names state that it cannot read, and leaves it as it is", async () => {
    const state = path.join(folder, "jim", "mesh");
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const file = path.join(state, "mesh.db");
    writeFileSync(file, "this is no database", { mode: 0o600 });
    const { code, errors } = await mesh("jim", ["join"]);
    expect([code, errors]).toEqual([1, expect.stringContaining(`${state}: `)]);
    expect(errors).toContain("Nothing was changed; put it back from a backup");
    expect(readFileSync(file, "utf8")).toBe("this is no database");
  });

  it("says what is wrong with its arguments and settings", async () => {
    const runs = await Promise.all([
      mesh("hal", ["join"], "", { PORT: "port" }),
      mesh("hal", ["join", "--nope"]),
      mesh("hal", ["frobnicate"]),
      mesh("ida", ["join"], "", { HOST: "192.0.2.1" }),
      mesh("hal", ["bootstrap"], "", { MESH_BOOTSTRAP_FILE: "/nowhere/list.json" }),
    ]);
    const expected = [
      [2, "PORT: expected a port, 0 to 65535"],
      [2, "Unknown option '--nope'"],
      [2, "unknown command; see mesh --help"],
      [1, "cannot listen on 192.0.2.1 port 0: set PORT"],
      [1, "/nowhere/list.json: not there"],
    ] as const;
    expect(runs.map(({ code, errors }) => [code, errors])).toEqual(
      expected.map(([code, message]) => [code, expect.stringContaining(message)]),
    );
    expect(runs.map(({ errors }) => errors).join("")).not.toMatch(/^\s+at /mu);
  });
});
