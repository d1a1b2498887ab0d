import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  BAD_FRAMES,
  BAD_HANDSHAKES,
  BAD_MESSAGES,
  BAD_REQUESTS,
  BAD_SUBSCRIPTIONS,
  NO_FRAMES,
} from "../support/mesh-hostile-frames.ts";
import { HostileGround } from "../support/mesh-hostile-ground.ts";
import { hungUp, upgradeByHand } from "../support/mesh-raw-peer.ts";

const NOTHING = { events: [], bob: [] };

let folder = "";
let ground: HostileGround;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-hostile-"));
  ground = await HostileGround.open(folder);
});
afterEach(() => ground.sendStrangersAway());
afterAll(async () => {
  await ground.close();
  rmSync(folder, { recursive: true });
});

const GROUPS = [
  ["what is no frame", NO_FRAMES],
  ["frames", BAD_FRAMES],
  ["handshakes", BAD_HANDSHAKES],
  ["subscriptions", BAD_SUBSCRIPTIONS],
  ["messages", BAD_MESSAGES],
  ["requests and pages", BAD_REQUESTS],
] as const;

describe.each(GROUPS)("of %s", (_group, kinds) => {
  it.each(kinds)("$name: nobody hears of it, and honest peers are served", async ({ send }) => {
    const before = ground.now();
    const stranger = await ground.stranger();
    send(stranger);
    await stranger.settled();
    expect(await ground.stillServes(before)).toEqual(NOTHING);
  });

  it.each(kinds)("$name, before any handshake", async ({ send }) => {
    const before = ground.now();
    const stranger = await ground.stranger({ greeting: false });
    send(stranger);
    await stranger.settled();
    expect(await ground.stillServes(before)).toEqual(NOTHING);
    // Nothing is given away to somebody who has not said a name.
    const told = stranger.seen.map((frame) => frame.type);
    expect(told.filter((type) => type === "message" || type === "sync_response")).toEqual([]);
  });
});

it("every kind is listed in docs/testing.md", () => {
  const page = readFileSync(new URL("../../docs/testing.md", import.meta.url), "utf8");
  const names = GROUPS.flatMap(([, kinds]) => kinds.map(({ name }) => name));
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

describe("of bytes below frames", () => {
  it.each([
    ["reserved bits", Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ["a frame without a mask", Buffer.from([0x81, 0x02, 0x68, 0x69])],
    ["a frame that announces 2^62 bytes", Buffer.from("81ff4000000000000000", "hex")],
    ["a control frame of 64 KB", Buffer.from("89fe ffff 00000000".replaceAll(" ", ""), "hex")],
    ["an operation that does not exist", Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
  ])("%s: the connection ends", async (_name, bytes) => {
    const socket = await upgradeByHand(ground.victim.port);
    socket.write(bytes);
    await hungUp(socket);
    expect(await ground.stillServes()).toEqual(NOTHING);
  });

  it("a message in 300,000 fragments: the connection ends", async () => {
    const socket = await upgradeByHand(ground.victim.port);
    const piece = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x20]);
    socket.write(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x5b]));
    socket.write(Buffer.concat(Array.from({ length: 300_000 }, () => piece)));
    await hungUp(socket);
    expect(await ground.stillServes()).toEqual(NOTHING);
  });

  it("a request that is no upgrade gets 404 or 426, and no file", async () => {
    for (const route of ["/", "/bootstrap.json", "/../../etc/passwd", "/v1/peer", "/metrics"]) {
      const response = await fetch(ground.victim.url.replace("ws:", "http:") + route);
      expect([404, 426]).toContain(response.status);
    }
  });

  it("compression is not offered, so nothing unfolds", async () => {
    const stranger = await ground.stranger({ perMessageDeflate: true });
    expect(stranger.socket.extensions).toBe("");
  });
});
