// What strangers can do to a listening peer of ours with sockets alone.
import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { MeshCircle, type Member } from "../support/mesh-circle.ts";

/** Without a store, so that no page of it is due. */
const HANDSHAKE = {
  type: "handshake",
  version: 1,
  peer_id: "peer-label",
  capabilities: { relay: true, store: false },
};

/** A WebSocket of a stranger, open. */
async function open(
  url: string,
  options: { readonly origin?: string; readonly host?: string } = {},
): Promise<WebSocket> {
  const headers = options.host === undefined ? {} : { host: options.host };
  const socket = new WebSocket(url, {
    ...(options.origin !== undefined && { origin: options.origin }),
    headers,
  });
  await once(socket, "open");
  return socket;
}

/** The same after its handshake was answered. */
async function greet(url: string): Promise<WebSocket> {
  const socket = await open(url);
  socket.send(JSON.stringify(HANDSHAKE));
  await once(socket, "message");
  return socket;
}

/** How the HTTP server answered instead of a WebSocket. */
async function refusalOf(
  url: string,
  options: { readonly origin?: string; readonly host?: string },
): Promise<number | undefined> {
  const headers = options.host === undefined ? {} : { host: options.host };
  const socket = new WebSocket(url, {
    ...(options.origin !== undefined && { origin: options.origin }),
    headers,
  });
  socket.on("error", () => {});
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
  const status = await promise;
  socket.terminate();
  return status;
}

/** The peer still serves: another one connects and gets a message through. */
async function isServing(circle: MeshCircle, member: Member): Promise<boolean> {
  const body = `alive ${Math.random()}`;
  const other = await circle.add({ peers: [member.url], channels: ["lobby"] });
  await other.peer.publish("lobby", { body });
  const event = await member.hears(body);
  return event.senderId === other.id;
}

it("opens to programs, and to no web page or rebound name", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({ channels: ["lobby"] });
  expect(await refusalOf(member.url, { origin: "https://evil.example" })).toBe(403);
  expect(await refusalOf(member.url, { origin: "http://localhost" })).toBe(403);
  expect(await refusalOf(member.url, { host: "evil.example" })).toBe(421);
  (await greet(member.url)).terminate();
  expect(await isServing(circle, member)).toBe(true);
});

it("cuts who connects and says nothing, before and after the upgrade", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({ channels: ["lobby"], timing: { handshakeMs: 300 } });
  const raw = connect(Number(new URL(member.url).port), "127.0.0.1");
  await once(raw, "connect");
  raw.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
  raw.resume();
  const upgraded = await open(member.url);
  await Promise.all([once(raw, "close"), once(upgraded, "close")]);
  expect(await isServing(circle, member)).toBe(true);
});

it("counts connections of one address, upgraded or not, and gives the places back", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({ channels: ["lobby"], limits: { maxLinksPerAddress: 4 } });
  const links = await Promise.all([1, 2, 3].map(async () => greet(member.url)));
  const idle = connect(Number(new URL(member.url).port), "127.0.0.1");
  await once(idle, "connect");
  const fifth = new WebSocket(member.url);
  const [error]: unknown[] = await once(fifth, "error");
  expect(error).toMatchObject({ message: expect.stringMatching(/hang up|ECONNRESET/) });
  const gone = links.map(async (link) => once(link, "close"));
  for (const link of links) link.close();
  idle.destroy();
  await Promise.all(gone);
  await member.until(() => member.peer.status().links === 0);
  expect(await isServing(circle, member)).toBe(true);
});

it("ends a connection whose frame is too large before it has taken it in", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({ channels: ["lobby"] });
  const link = await greet(member.url);
  link.on("error", () => {});
  const closed = once(link, "close");
  // In parts, so that the length is not known before.
  const part = "x".repeat(64 * 1024);
  for (let n = 0; n < 32; n += 1) link.send(part, { fin: false });
  await closed;
  expect(await isServing(circle, member)).toBe(true);
});

it("drops who asks and does not read, and holds little for it", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({
    channels: ["lobby"],
    limits: { sendBufferBytes: 256 * 1024, maxLinksPerAddress: 64 },
  });
  for (let n = 0; n < 40; n += 1) {
    await member.peer.publish("lobby", { body: "y".repeat(32 * 1024) });
  }
  const link = await greet(member.url);
  await member.until(() => member.peer.status().links === 1);
  link.pause();
  const ask = JSON.stringify({
    type: "sync_request",
    channel_id: "lobby",
    after_message_id: null,
    limit: 100,
  });
  for (let n = 0; n < 50; n += 1) link.send(ask);
  await member.until(() => member.peer.status().links === 0);
  link.terminate();
  expect(await isServing(circle, member)).toBe(true);
});

it("slows a flood down, answers what is bad with an error, and closes after many", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({
    channels: ["lobby"],
    limits: { messagesPerSecondPerLink: 50 },
  });
  const flood = await greet(member.url);
  for (let n = 0; n < 20_000; n += 1) flood.send(`{"type":"subscribe","channel_id":"c${n % 10}"}`);
  const bad = await greet(member.url);
  const answers: unknown[] = [];
  bad.on("message", (data) => {
    if (Buffer.isBuffer(data)) answers.push(JSON.parse(data.toString("utf8")));
  });
  const closed = once(bad, "close");
  for (let n = 0; n < 30; n += 1) bad.send("{not json");
  const [code]: unknown[] = await closed;
  expect(code).toBe(1008);
  expect(answers).toContainEqual({
    type: "error",
    code: "invalid_message",
    message: "frame: not JSON",
  });
  expect(await isServing(circle, member)).toBe(true);
  flood.terminate();
});

it("believes nobody who says our own id, and nobody who cannot prove a key", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add({ channels: ["lobby"] });
  const other = circle.prepare();
  for (const claim of [
    { ...HANDSHAKE, peer_id: member.id },
    { ...HANDSHAKE, peer_id: other.id, nonce: "A".repeat(43), oc: 1 },
  ]) {
    const link = await open(member.url);
    const closed = once(link, "close");
    link.send(JSON.stringify(claim));
    link.send(JSON.stringify({ type: "auth", signature: `${"A".repeat(86)}==` }));
    await closed;
  }
  expect(member.peer.peers()).toEqual([]);
  expect(await isServing(circle, member)).toBe(true);
});
