import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import {
  bytesOf,
  HandClock,
  keyOf,
  MemoryVault,
  nonceOf,
  NOW_MS,
} from "../../test-support/people.ts";
import { lateRefusalOf, refusalOf } from "../../test-support/refusal.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import type { CheckedMessage } from "../message/message.ts";
import { readContent } from "../message/read-content.ts";
import { signMessage } from "../message/sign-message.ts";
import { boxChannelId, openKnock, sealKnock } from "./knock.ts";
import { directChannelId } from "./direct-channel.ts";
import { encodeDirectContent } from "./direct-content.ts";
import { PeerPrekeys } from "./peer-prekeys.ts";
import { parsePrekey, type Prekey, signPrekey } from "./prekey.ts";
import { PREKEY_GRACE_MS, PREKEY_LIFE_MS, PREKEY_ROTATION_MS, Prekeys } from "./prekeys.ts";
import { openDirect, sealDirect, sealInto } from "./seal.ts";

const ada = keyOf("ada");
const bob = keyOf("bob");
const eve = keyOf("eve");
const SECRET = "the launch is at nine";

/** Bob, who has laid out a prekey, and what Ada does with it. */
function createPair() {
  const clock = new HandClock();
  const vault = new MemoryVault();
  const prekeys = new Prekeys({ key: bob, vault, clock });
  const prekey = (): Prekey => parsePrekey(prekeys.current(), clock.now());
  const seal = async (body = SECRET): Promise<CheckedMessage> =>
    await sealDirect({
      key: ada,
      prekey: prekey(),
      content: { body, payload: { a: 1 }, replyTo: "m1" },
      timestampMs: clock.now(),
      nonce: nonceOf(body),
    });
  return { clock, vault, prekeys, prekey, seal };
}

it("opens for the receiver what the sender has sealed, and shows nothing of it to others", async () => {
  const { prekeys, prekey, seal } = createPair();
  const sealed = await seal();
  const { message } = sealed;
  expect(await openDirect(sealed, { key: bob, prekeys })).toEqual({
    body: SECRET,
    payload: { a: 1 },
    replyTo: "m1",
    prekey: undefined,
    knock: undefined,
  });
  expect(message.channelId).toBe(directChannelId(bob, ada.peerId));
  const text = encodeFrame({ type: "message", message });
  for (const part of [SECRET, bob.peerId, String(prekey().version)]) {
    expect(text).not.toContain(part);
  }
});

it("hides in steps how long a message is", async () => {
  const { seal } = createPair();
  const lengths = await Promise.all(
    ["yes", "no", "not before the weekend"].map(
      async (body) => (await seal(body)).message.payloadText?.length,
    ),
  );
  expect(new Set(lengths).size).toBe(1);
});

it("takes as much as the largest message has room for, with the longest fields around it", async () => {
  const { prekeys, prekey, clock } = createPair();
  const own = prekeys.current();
  const lengthOf = (letters: number): number =>
    encodeDirectContent({ payload: "x".repeat(letters), prekey: own }).length;
  const most = 192_000;
  const seal = async (letters: number): Promise<CheckedMessage> =>
    await sealDirect({
      key: ada,
      prekey: prekey(),
      content: { payload: "x".repeat(letters), prekey: own },
      timestampMs: clock.now(),
      nonce: nonceOf("large"),
      seq: Number.MAX_SAFE_INTEGER,
      prev: "p".repeat(128),
    });
  expect(lengthOf(most)).toBe(lengthOf(most - 3_000));
  await expect(seal(most)).resolves.toBeDefined();
  expect(refusalOf(() => lengthOf(most + 600))).toBe("too_large");
});

it("opens nowhere but in its place: not re-signed by another, in another channel, or another message", async () => {
  const { prekeys, seal } = createPair();
  const { message } = await seal();
  const { sealed } = readContent(message);
  const draft = { body: "", timestampMs: NOW_MS, nonce: nonceOf(SECRET), sealed };
  const copies = [
    signMessage(eve, { ...draft, channelId: directChannelId(eve, bob.peerId) }),
    signMessage(ada, { ...draft, channelId: "lobby" }),
    signMessage(ada, { ...draft, channelId: message.channelId, nonce: nonceOf("other") }),
    signMessage(ada, { ...draft, channelId: message.channelId, timestampMs: NOW_MS + 1 }),
  ];
  for (const copy of copies) {
    expect(await lateRefusalOf(() => openDirect(copy, { key: bob, prekeys }))).toBe("cannot_open");
  }
  const same = signMessage(ada, { ...draft, channelId: message.channelId });
  expect((await openDirect(same, { key: bob, prekeys })).body).toBe(SECRET);
});

it("does not open what nobody has proven, what is not sealed, or what a third peer should read", async () => {
  const { prekeys, seal } = createPair();
  const sealed = await seal();
  const plain = signMessage(ada, {
    channelId: sealed.message.channelId,
    body: "hi",
    timestampMs: NOW_MS,
    nonce: nonceOf("plain"),
  });
  const others = new Prekeys({ key: eve, vault: new MemoryVault(), clock: new HandClock() });
  others.current();
  const cases = [
    openDirect({ ...sealed, verdict: "unverified" }, { key: bob, prekeys }),
    openDirect(plain, { key: bob, prekeys }),
    openDirect(sealed, { key: eve, prekeys: others }),
    openDirect(sealed, { key: ada, prekeys }),
  ];
  for (const opening of cases) {
    expect(await lateRefusalOf(() => opening)).toBe("cannot_open");
  }
});

it("cannot open an old message once the private half of its prekey is over", async () => {
  const { clock, vault, prekeys, seal } = createPair();
  const sealed = await seal();
  clock.nowMs += PREKEY_LIFE_MS + PREKEY_GRACE_MS - 1;
  expect((await openDirect(sealed, { key: bob, prekeys })).body).toBe(SECRET);
  clock.nowMs += 1;
  expect(await lateRefusalOf(() => openDirect(sealed, { key: bob, prekeys }))).toBe("cannot_open");
  expect(vault.list()).toEqual([]);
});

it("gives out a new prekey every day and keeps opening messages to the old one", async () => {
  const { clock, vault, prekeys, prekey, seal } = createPair();
  const first = prekey();
  const sealed = await seal();
  clock.nowMs += PREKEY_ROTATION_MS - 1;
  expect(prekey()).toEqual(first);
  clock.nowMs += 1;
  expect(prekey().version).toBeGreaterThan(first.version);
  expect(vault.list()).toHaveLength(2);
  expect((await openDirect(sealed, { key: bob, prekeys })).body).toBe(SECRET);
});

it("raises the version even when the clock was set back", () => {
  const { clock, prekey } = createPair();
  const first = prekey();
  clock.nowMs -= 10 * PREKEY_ROTATION_MS;
  expect(prekey().version).toBe(first.version + 1);
});

it("refuses an old prekey that is shown again, another peer's, and two under one version", () => {
  const { clock, vault, prekeys } = createPair();
  const peers = new PeerPrekeys({ notes: vault, clock });
  const old = prekeys.current();
  clock.nowMs += PREKEY_ROTATION_MS;
  const fresh = prekeys.current();
  expect(peers.learn(bob.peerId, fresh)).toBe(true);
  expect(peers.learn(bob.peerId, old)).toBe(false);
  expect(peers.learn(bob.peerId, fresh)).toBe(false);
  expect(peers.current(bob.peerId)).toEqual(parsePrekey(fresh, clock.now()));

  expect(refusalOf(() => peers.learn(ada.peerId, fresh))).toBe("forged");
  const twin = signPrekey(bob, { ...peers.current(bob.peerId), publicKey: bytesOf("twin") });
  expect(refusalOf(() => peers.learn(bob.peerId, twin))).toBe("forged");
});

it("refuses a prekey that is expired, not yet made, lives too long, or was changed", () => {
  const day = 86_400_000;
  const good = {
    version: 7,
    publicKey: bytesOf("prekey"),
    createdAtMs: NOW_MS,
    expiresAtMs: NOW_MS + day,
  };
  const fields = signPrekey(bob, good);
  expect(parsePrekey(fields, NOW_MS)).toEqual({ ...good, peerId: bob.peerId });
  const refusal = (changed: object): string | undefined =>
    refusalOf(() => parsePrekey({ ...fields, ...changed }, NOW_MS));
  expect(refusal({ version: 8 })).toBe("forged");
  expect(refusal({ expires_at: NOW_MS + 2 * day })).toBe("forged");
  expect(refusal({ peer_id: eve.peerId })).toBe("forged");
  expect(refusal({ v: 2 })).toBe("malformed");
  expect(refusal({ key: "AA" })).toBe("malformed");
  expect(refusalOf(() => parsePrekey(fields, NOW_MS + day))).toBe("malformed");
  expect(refusalOf(() => parsePrekey(fields, NOW_MS - 3 * 60_000))).toBe("malformed");
  const long = signPrekey(bob, { ...good, expiresAtMs: NOW_MS + 31 * day });
  expect(refusalOf(() => parsePrekey(long, NOW_MS))).toBe("malformed");
});

it("says that a key is missing while it knows none, and when the one it knew is over", () => {
  const { clock, vault, prekeys } = createPair();
  const peers = new PeerPrekeys({ notes: vault, clock });
  expect(refusalOf(() => peers.current(bob.peerId))).toBe("no_key_for_peer");
  peers.learn(bob.peerId, prekeys.current());
  clock.nowMs += PREKEY_LIFE_MS;
  expect(refusalOf(() => peers.current(bob.peerId))).toBe("no_key_for_peer");
});

it("seals nothing to a prekey under which anybody could read", async () => {
  const { prekey } = createPair();
  const draft = { key: ada, content: { body: SECRET }, timestampMs: NOW_MS, nonce: nonceOf("x") };
  const zero = { ...prekey(), publicKey: new Uint8Array(32) };
  expect(await lateRefusalOf(() => sealDirect({ ...draft, prekey: zero }))).toBe("no_key_for_peer");
});

it.each([
  ["0", "00".repeat(32)],
  ["1", `01${"00".repeat(31)}`],
  ["of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
  ["of order 8, the other", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"],
  ["-1", `ec${"ff".repeat(30)}7f`],
  ["the prime", `ed${"ff".repeat(30)}7f`],
  ["the prime and 1", `ee${"ff".repeat(30)}7f`],
  ["0 with the bit that does not count", `${"00".repeat(31)}80`],
])("refuses a signed prekey under which anybody could read: %s", (_what, hex) => {
  const publicKey = new Uint8Array(Buffer.from(hex, "hex"));
  const times = { createdAtMs: NOW_MS, expiresAtMs: NOW_MS + 86_400_000 };
  const fields = signPrekey(bob, { version: 7, publicKey, ...times });
  expect(refusalOf(() => parsePrekey(fields, NOW_MS))).toBe("malformed");
});

it("knocks without showing who knocks, and only for who holds the key", async () => {
  const { prekeys, prekey } = createPair();
  const own = signPrekey(ada, { ...prekey(), publicKey: bytesOf("ada's prekey") });
  const knock = await sealKnock({
    key: ada,
    prekey: prekey(),
    own,
    timestampMs: NOW_MS,
    random: (length) => new Uint8Array(randomBytes(length)),
  });
  expect(knock.message.channelId).toBe(boxChannelId(bob.peerId));
  expect(JSON.stringify(knock.message)).not.toContain(ada.peerId);
  expect(await openKnock(knock, { key: bob, prekeys })).toEqual({
    peerId: ada.peerId,
    prekey: own,
  });

  const claimed = await sealInto(boxChannelId(bob.peerId), {
    key: eve,
    prekey: prekey(),
    content: { knock: { from: ada.peerId, sig: bytesOf("no signature").toString() } },
    timestampMs: NOW_MS,
    nonce: nonceOf("claimed"),
  });
  expect(await lateRefusalOf(() => openKnock(claimed, { key: bob, prekeys }))).toBe("malformed");
});
