import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type ListedPeer,
  MeshPeer,
  type MeshPeerOptions,
  meshKeyFromSeed,
  signList,
} from "mesh-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import * as z from "zod";
import { type IndependentKey, independentKey } from "../support/independent-mesh-rules.ts";
import { MeshProcess } from "../support/mesh-process.ts";
import { RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";

const key = meshKeyFromSeed(new Uint8Array(32).fill(1));
const signer = meshKeyFromSeed(new Uint8Array(32).fill(2));
const stranger = meshKeyFromSeed(new Uint8Array(32).fill(3));

let folder = "";
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-trust-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  return `127.0.0.1:${address.port}`;
}

/** Somewhere that should, or should not, be connected to. */
async function place() {
  const visits = new EventEmitter<{ visit: [string] }>();
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    visits.emit("visit", request.url ?? "");
    response.writeHead(404).end();
  });
  new WebSocketServer({ server }).on("connection", () => {
    seen.push("WebSocket");
    visits.emit("visit", "WebSocket");
  });
  const host = await listen(server);
  return { host, url: `ws://${host}/`, seen, visits };
}

/** A server of lists, whose answer can be changed. */
async function listServer(answer: RequestListener) {
  const server = { answer, asked: new EventEmitter<{ asked: [] }>() };
  const host = await listen(
    createServer((request, response) => {
      response.once("close", () => server.asked.emit("asked"));
      server.answer(request, response);
    }),
  );
  return { server, url: `http://${host}/bootstrap.json` };
}

function text(body: string): RequestListener {
  return (_request, response) => void response.end(body);
}

function listOf(by: typeof signer, serial: number, ...urls: readonly string[]): string {
  const peers = urls.map((url): ListedPeer => ({ peerId: stranger.peerId, url }));
  return signList(by, { peers, serial, updatedAtMs: Date.now() });
}

/** Runs a peer until the test is over. */
async function startPeer(options: Partial<MeshPeerOptions>) {
  const warnings = new EventEmitter<{ warning: [string] }>();
  const lines: string[] = [];
  const warn = (line: string): void => {
    lines.push(line);
    warnings.emit("warning", line);
  };
  const peer = await MeshPeer.open({
    key,
    folder: path.join(folder, "peer"),
    timing: { bootstrapMs: 50, redialMinMs: 50, redialMaxMs: 50 },
    log: { debug: () => undefined, info: () => undefined, warn },
    ...options,
  });
  const stop = new AbortController();
  const running = peer.run({ signal: stop.signal });
  const close = async (): Promise<void> => {
    stop.abort();
    await running;
    await peer.close();
  };
  closers.push(close);
  const warned = async (part: string): Promise<void> => {
    while (!lines.some((line) => line.includes(part))) await once(warnings, "warning");
  };
  return { peer, close, warned, lines };
}

describe("a list", () => {
  it("that is older than the last one is refused, also after a restart", async () => {
    const good = await place();
    const evil = await place();
    const { server, url } = await listServer(text(listOf(signer, 5, good.url)));
    const options = {
      bootstrapUrl: url,
      bootstrapSigner: signer.peerId,
      allowPrivateAddresses: true,
    };
    const first = await startPeer(options);
    await once(good.visits, "visit");
    server.answer = text(listOf(signer, 4, evil.url));
    await first.warned("list_refused");
    await first.close();
    closers.pop();
    const second = await startPeer(options);
    await second.warned("list_refused");
    expect(evil.seen).toEqual([]);
  });

  it.each([
    [
      "that nobody has signed",
      (url: string) =>
        JSON.stringify({ version: 1, peers: [{ peer_id: stranger.peerId, ws_url: url }] }),
    ],
    ["that another peer has signed", (url: string) => listOf(stranger, 9, url)],
    [
      "that was altered after it was signed",
      (url: string) => listOf(signer, 9, "ws://127.0.0.1:9/").replace("ws://127.0.0.1:9/", url),
    ],
    [
      "of another version",
      (url: string) => JSON.stringify({ version: 2, peers: [{ peer_id: "x", ws_url: url }] }),
    ],
    [
      "of 5,000 peers",
      (url: string) =>
        JSON.stringify({
          version: 1,
          peers: Array.from({ length: 5_000 }, () => ({ peer_id: "x", ws_url: url })),
        }),
    ],
  ])("%s leads nowhere", async (_what, makeList) => {
    const evil = await place();
    const { url } = await listServer(text(makeList(evil.url)));
    const bootstrapSigner = signer.peerId;
    const { warned } = await startPeer({
      bootstrapUrl: url,
      bootstrapSigner,
      allowPrivateAddresses: true,
    });
    await warned("list_refused");
    expect(evil.seen).toEqual([]);
  });

  it("that has moved is not looked for where it points", async () => {
    const inside = await place();
    const { url } = await listServer((_request, response) => {
      response.writeHead(302, { location: `http://${inside.host}/secret` }).end();
    });
    const { warned } = await startPeer({ bootstrapUrl: url, allowPrivateAddresses: true });
    await warned("network_unreachable");
    expect(inside.seen).toEqual([]);
  });

  it("that never ends is given up", async () => {
    const { server, url } = await listServer((_request, response) => {
      const pour = (): void => {
        while (response.write(" ".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
    const ended = once(server.asked, "asked");
    const { warned, peer } = await startPeer({ bootstrapUrl: url, allowPrivateAddresses: true });
    await warned("too_large");
    await ended;
    expect(peer.status().lastErrorCode).toBe("too_large");
  });
});

describe("an address inside", () => {
  it.each([
    "127.0.0.1",
    "localhost",
    "0x7f000001",
    "2130706433",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
    "127.1",
  ])("%s is not dialed unless the owner allows it", async (name) => {
    const inside = await place();
    const port = new URL(inside.url).port;
    const { warned } = await startPeer({ peers: [`ws://${name}:${port}/`] });
    await warned("unsafe_address");
    expect(inside.seen).toEqual([]);
  });

  it("is asked for no list either", async () => {
    const inside = await place();
    const https = await startPeer({ bootstrapUrl: `https://${inside.host}/latest/meta-data` });
    await https.warned("unsafe_address");
    const { warned } = await startPeer({
      folder: path.join(folder, "other"),
      bootstrapUrl: `http://${inside.host}/latest/meta-data`,
    });
    await warned("invalid_url");
    expect(inside.seen).toEqual([]);
  });

  it("is not dialed because a list on this machine, which the owner named, says so", async () => {
    const inside = await place();
    const { server, url } = await listServer(text(listOf(signer, 1, inside.url)));
    const asked = once(server.asked, "asked");
    const { warned } = await startPeer({
      bootstrapUrl: url,
      allowPrivateAddresses: "loopback-list",
    });
    await asked;
    await warned("unsafe_address");
    expect(inside.seen).toEqual([]);
  });

  it("is dialed on this machine, and nowhere else, where the owner allows this machine", async () => {
    const inside = await place();
    const { url } = await listServer(text(listOf(signer, 1, "ws://10.0.0.1:9/", inside.url)));
    const visited = once(inside.visits, "visit");
    const { warned } = await startPeer({ bootstrapUrl: url, allowPrivateAddresses: "loopback" });
    await warned("unsafe_address");
    expect(await visited).toEqual(["WebSocket"]);
  });
});

const SealedSchema = z.object({
  payload: z.object({ $oc: z.object({ sealed: z.object({ k: z.string() }) }) }),
});

/** As docs/protocol/mesh.md has it, made outside of the SDK. */
function prekeyOf(owner: IndependentKey, version: number): Record<string, unknown> {
  const { publicKey } = generateKeyPairSync("x25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const createdAtMs = Date.now() - 60_000;
  const expiresAtMs = createdAtMs + 86_400_000;
  const signed = JSON.stringify([owner.peerId, version, x, createdAtMs, expiresAtMs]);
  const bytes = Buffer.from(`openclaw-mesh/prekey/1\n${signed}`);
  return {
    v: 1,
    peer_id: owner.peerId,
    version,
    key: x,
    created_at: createdAtMs,
    expires_at: expiresAtMs,
    sig: sign(null, bytes, owner.privateKey).toString("base64url"),
  };
}

/** Where a peer lays out its prekeys. */
function boxOf(peerId: string): string {
  return `box1-${createHash("sha256").update(`openclaw-mesh/box/1\n${peerId}`).digest("base64url")}`;
}

describe("an old prekey", () => {
  it("that is shown again after a newer one is not sealed to, nor one that its owner has not signed", async () => {
    const sender = await MeshProcess.start({ folder: path.join(folder, "sender") });
    closers.push(() => sender.stop());
    const receiver = await RawMeshPeer.connect(sender.url, { identity: independentKey() });
    closers.push(async () => receiver.end());
    await sender.send({ to: receiver.key.peerId, body: "first" });
    const box = boxOf(receiver.key.peerId);
    await receiver.until((frame) => frame.type === "subscribe" && frame["channel_id"] === box);
    const layOut = (prekey: Record<string, unknown>): void => {
      const fields = { channel_id: box, body: "", payload: { prekey } };
      receiver.send({ type: "message", ...signedMessage(receiver.key, fields) });
    };
    const tagOfNext = async (send: () => Promise<unknown> | void): Promise<string> => {
      const from = receiver.seen.length;
      await send();
      const frame = await receiver.until(
        (seen) => seen.type === "message" && String(seen["channel_id"]).startsWith("dm1-"),
        from,
      );
      return SealedSchema.parse(frame).payload.$oc.sealed.k;
    };
    const dm = (): Promise<unknown> => sender.send({ to: receiver.key.peerId, body: "next" });

    const old = prekeyOf(receiver.key, 1);
    const wanted = await receiver.until(
      (frame) => frame.type === "subscribe" && String(frame["channel_id"]).startsWith("dm1-"),
    );
    receiver.send({ type: "subscribe", channel_id: wanted["channel_id"] });
    const second = await tagOfNext(() => layOut(prekeyOf(receiver.key, 2)));
    layOut(old);
    await receiver.settled();
    expect(await tagOfNext(dm)).toBe(second);
    layOut({ ...prekeyOf(receiver.key, 4), version: 5 });
    layOut({ ...prekeyOf(independentKey(), 6), peer_id: receiver.key.peerId });
    await receiver.settled();
    expect(await tagOfNext(dm)).toBe(second);
  });
});
