import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { prekeyPayload } from "../direct/knock.ts";
import { signPrekey } from "../direct/prekey.ts";
import { MeshError } from "../errors.ts";
import type { Fields } from "../frame/fields.ts";
import { type MeshKey, meshKeyFromSeed } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import { readContent } from "../message/read-content.ts";
import { signMessage } from "../message/sign-message.ts";
import { openOwnStore } from "../own/own-store.ts";
import { openMeshStore } from "../store/mesh-store.ts";
import { DirectDesk } from "./direct-desk.ts";
import { Inbox } from "./inbox.ts";
import type { MeshEvent } from "./types.ts";

const DAY_MS = 86_400_000;

let folder = "";
let nowMs = 0;
const clock = { now: () => nowMs };
const closers: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "direct-desk-"));
  nowMs = 1_795_000_000_000;
});

afterEach(() => {
  for (const close of closers.splice(0)) close();
  rmSync(folder, { recursive: true, force: true });
});

/** Somebody with a desk and an inbox; what it sends is collected, and what it is given lies in its store. */
function personOf(
  seed: number,
  home = `${seed}`,
  plainChannels: ReadonlyMap<string, string> = new Map(),
) {
  const key = meshKeyFromSeed(new Uint8Array(32).fill(seed));
  const own = openOwnStore(path.join(folder, home, "own.sqlite"), key);
  const store = openMeshStore({ path: path.join(folder, home, "mesh.sqlite"), clock });
  closers.push(() => {
    own.close();
    store[Symbol.dispose]();
  });
  const outgoing: CheckedMessage[] = [];
  const disk = { isFull: false, quotaIsUsedUp: false };
  const unopened: MeshError[] = [];
  const unsent: MeshError[] = [];
  const createDesk = (): DirectDesk =>
    new DirectDesk({
      key,
      own,
      store,
      clock,
      plainChannels,
      nextTimestampMs: () => nowMs,
      send: async (message) => {
        if (disk.isFull) throw new MeshError("state_unwritable", "store: full");
        if (disk.quotaIsUsedUp) throw new MeshError("queue_full", "store: over the quota");
        outgoing.push(message);
      },
      onChannelsChange: () => {},
      onUnsent: (error) => unsent.push(error),
    });
  const desk = createDesk();
  let stop = new AbortController();
  const inbox = new Inbox({
    store: {
      // It has read all there is: a peer would wait for more here.
      unhandledAfter: (after, limit) => {
        const rows = store.unhandledAfter(after, limit);
        if (rows.length === 0) stop.abort();
        return rows;
      },
      markHandled: (id) => store.markHandled(id),
    },
    desk,
    subscribe: () => () => {},
    onUnopened: (error) => unopened.push(error),
  });
  return {
    id: key.peerId,
    key,
    desk,
    /** As after a start with what is on the disk. */
    restart: createDesk,
    outgoing,
    unopened,
    unsent,
    own,
    /** Of the store: of our own we write as ever. */
    disk,
    store,
    /** The message in which a prekey lies in the own box. */
    layOut: (prekey: Fields = desk.currentPrekey()) =>
      signMessage(key, {
        channelId: desk.ownBox,
        body: "",
        payload: prekeyPayload(prekey),
        timestampMs: nowMs,
        nonce: new Uint8Array(16),
      }),
    /** Takes messages in, sorts the mail, and gives what events there are. */
    async take(messages: readonly CheckedMessage[]): Promise<MeshEvent[]> {
      store.add(messages.map((message) => ({ ...message, receivedAtMs: nowMs, forUs: true })));
      stop = new AbortController();
      await inbox.sortMail(stop.signal);
      stop = new AbortController();
      const events: MeshEvent[] = [];
      for await (const event of inbox.events(stop.signal)) events.push(event);
      return events;
    },
  };
}

it("waits for a prekey, knocks once, and is heard and answered", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  expect(await alice.desk.send(bob.id, { body: "hi" }, "k")).toMatchObject({
    messageId: undefined,
  });
  expect(alice.outgoing).toEqual([]);
  expect(await alice.take([bob.layOut()])).toEqual([]);
  expect(alice.outgoing).toHaveLength(2);
  // A second one does not knock again.
  await alice.desk.send(bob.id, { body: "hello?" }, "k2");
  expect(alice.outgoing).toHaveLength(3);
  const events = await bob.take(alice.outgoing);
  expect(events.map(({ body, sealed, senderId }) => [body, sealed, senderId])).toEqual([
    ["hi", true, alice.id],
    ["hello?", true, alice.id],
  ]);
  const answer = await bob.desk.send(alice.id, { body: "yes" }, "k");
  expect(answer.messageId).toBeDefined();
  expect(bob.outgoing).toHaveLength(1);
  expect(await alice.take(bob.outgoing)).toMatchObject([{ body: "yes" }]);
});

it("seals to a prekey that it has kept for others already, among the knocks of strangers", async () => {
  const [alice, bob, carol] = [personOf(1), personOf(2), personOf(3)];
  await carol.desk.send(bob.id, { body: "first" }, "k");
  await carol.take([bob.layOut()]);
  for (const message of [...carol.outgoing, bob.layOut()]) {
    alice.store.add([{ ...message, receivedAtMs: nowMs, forUs: false }]);
  }
  await alice.desk.send(bob.id, { body: "hi" }, "k");
  expect(alice.outgoing).toHaveLength(2);
  expect(await bob.take(alice.outgoing)).toMatchObject([{ body: "hi" }]);
});

it("goes on after a restart with what waits for a key that is known by now", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "hi" }, "k");
  alice.store.add([{ ...bob.layOut(), receivedAtMs: nowMs, forUs: false }]);
  await alice.restart().resume();
  expect(alice.outgoing).toHaveLength(2);
  expect(await bob.take(alice.outgoing)).toMatchObject([{ body: "hi" }]);
});

it("delivers what lay for two weeks, although the prekey of its sender that came along is over", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "long ago" }, "k");
  await alice.take([bob.layOut()]);
  nowMs += 15 * DAY_MS;
  expect(await bob.take(alice.outgoing)).toMatchObject([{ body: "long ago", sealed: true }]);
  expect(bob.unopened).toEqual([]);
});

it("puts away, and counts, what was sealed to a prekey that is gone", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "too late" }, "k");
  await alice.take([bob.layOut()]);
  const [, sealed] = alice.outgoing;
  nowMs += 22 * DAY_MS;
  expect(await bob.take(sealed === undefined ? [] : [sealed])).toEqual([]);
  expect(bob.unopened).toMatchObject([{ code: "cannot_open" }]);
  expect(bob.store.countUnhandled()).toBe(0);
});

it("tells its new prekey to who seals to one that was lost, once, and opens what comes then", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "hi" }, "k");
  await alice.take([bob.layOut()]);
  nowMs += DAY_MS;
  // The same key, and nothing else of what there was.
  const again = personOf(2, "again");
  for (const body of ["lost", "lost too"]) await alice.desk.send(bob.id, { body }, body);
  const lost = alice.outgoing.slice(-2);
  expect(await again.take([...lost, alice.layOut()])).toEqual([]);
  expect(again.unopened).toHaveLength(2);
  expect(again.outgoing).toHaveLength(1);
  await alice.take(again.outgoing);
  await alice.desk.send(bob.id, { body: "found" }, "found");
  expect(await again.take(alice.outgoing.slice(-1))).toMatchObject([{ body: "found" }]);
});

it("tells nothing to whoever makes a message up that is not for it", async () => {
  const [alice, bob, carol] = [personOf(1), personOf(2), personOf(3)];
  await alice.desk.send(bob.id, { body: "hi" }, "k");
  await alice.take([bob.layOut()]);
  await carol.take([...alice.outgoing, alice.layOut()]);
  expect(carol.outgoing).toEqual([]);
  expect(carol.desk.channels()).toEqual([carol.desk.ownBox]);
});

it("makes one message of one key, however often and at once it is asked for", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "once" }, "first");
  await alice.take([bob.layOut()]);
  const before = alice.outgoing.length;
  const sends = ["a", "b", "c"].map(async (body) => alice.desk.send(bob.id, { body }, "k"));
  const receipts = await Promise.all(sends);
  expect(new Set(receipts.map(({ messageId }) => messageId)).size).toBe(1);
  expect(alice.outgoing).toHaveLength(before + 1);
});

/** Signed by its owner, and a key under which everybody could read. */
function weakPrekeyOf(key: MeshKey): Fields {
  const publicKey = new Uint8Array(32);
  return signPrekey(key, {
    version: nowMs + 1,
    publicKey,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + DAY_MS,
  });
}

it("goes on with its mail past a prekey that is no key, and seals once there is one", async () => {
  const [alice, bob, carol] = [personOf(1), personOf(2), personOf(3)];
  for (const to of [bob, carol]) await alice.desk.send(to.id, { body: "hi" }, to.id);
  expect(await alice.take([bob.layOut(weakPrekeyOf(bob.key)), carol.layOut()])).toEqual([]);
  expect(alice.unopened).toMatchObject([{ code: "malformed" }]);
  expect(alice.store.countUnhandled()).toBe(0);
  expect(await carol.take(alice.outgoing)).toMatchObject([{ body: "hi" }]);
});

it("has no key for a peer of whom an older version of this program kept one that is none", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  alice.own.contacts.note(bob.id, "theirs", nowMs);
  alice.own.contacts.writePrekey(bob.id, JSON.stringify(weakPrekeyOf(bob.key)));
  expect(await alice.desk.send(bob.id, { body: "hi" }, "k")).toMatchObject({
    messageId: undefined,
  });
  expect(alice.outgoing).toEqual([]);
});

it.each([
  [
    "a payload that no message has room for",
    { body: "", payload: "x".repeat(200_000) },
    "too_large",
  ],
  ["an answered id of 129 characters", { body: "", replyTo: "m".repeat(129) }, "malformed"],
  ["an answered id with NUL", { body: "", replyTo: "m\0" }, "malformed"],
])("refuses %s before it waits, and goes on", async (_what, content, code) => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await expect(alice.desk.send(bob.id, content, "bad")).rejects.toMatchObject({ code });
  expect(alice.own.waiting.count()).toBe(0);
  await alice.desk.send(bob.id, { body: "good" }, "good");
  await alice.take([bob.layOut()]);
  expect(await bob.take(alice.outgoing)).toMatchObject([{ body: "good" }]);
});

it("gives up what an older version of this program let wait and nobody can take, and sends the rest", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  alice.own.waiting.insert(
    { key: "bad", peerId: bob.id, body: "", payload: "x".repeat(200_000) },
    nowMs,
  );
  await alice.desk.send(bob.id, { body: "good" }, "good");
  await alice.take([bob.layOut()]);
  expect(alice.unsent).toMatchObject([{ code: "too_large" }]);
  expect(alice.own.waiting.count()).toBe(0);
  expect(await bob.take(alice.outgoing)).toMatchObject([{ body: "good" }]);
});

it("says that a message is sent when it is stored, and sends the one it has signed when asked again", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "hi" }, "first");
  await alice.take([bob.layOut()]);
  alice.disk.isFull = true;
  for (const body of ["again", "the same key"]) {
    await expect(alice.desk.send(bob.id, { body }, "k")).rejects.toMatchObject({
      code: "state_unwritable",
    });
  }
  alice.disk.isFull = false;
  const receipt = await alice.desk.send(bob.id, { body: "again" }, "k");
  expect(alice.outgoing.at(-1)?.message.messageId).toBe(receipt.messageId);
  expect(alice.own.sent.unconfirmed()).toEqual([]);
  expect((await bob.take(alice.outgoing)).map(({ body }) => body)).toEqual(["hi", "again"]);
});

it("sends what it has signed and not stored before it signs more for the peer", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "hi" }, "first");
  await alice.take([bob.layOut()]);
  alice.disk.isFull = true;
  for (const body of ["second", "third"]) {
    await expect(alice.desk.send(bob.id, { body }, body)).rejects.toMatchObject({
      code: "state_unwritable",
    });
  }
  alice.disk.isFull = false;
  await alice.desk.send(bob.id, { body: "fourth" }, "fourth");
  const events = await bob.take(alice.outgoing);
  expect(events.map(({ body }) => body)).toEqual(["hi", "second", "third", "fourth"]);
});

it("keeps nobody waiting behind a message that is over the quota, and sends it when its key comes again", async () => {
  const [alice, bob] = [personOf(1), personOf(2)];
  await alice.desk.send(bob.id, { body: "hi" }, "first");
  await alice.take([bob.layOut()]);
  alice.disk.quotaIsUsedUp = true;
  await expect(alice.desk.send(bob.id, { body: "second" }, "k")).rejects.toMatchObject({
    code: "queue_full",
  });
  await expect(alice.desk.send(bob.id, { body: "third" }, "third")).rejects.toMatchObject({
    code: "queue_full",
  });
  alice.disk.quotaIsUsedUp = false;
  await alice.desk.send(bob.id, { body: "second" }, "k");
  const events = await bob.take(alice.outgoing);
  expect(events.map(({ body }) => body)).toEqual(["hi", "third", "second"]);
});

it("writes plain text to who is listed and has no key, and seals once there is one", async () => {
  const bob = personOf(2);
  const channel = "dm:of the two";
  const alice = personOf(1, "1", new Map([[bob.id, channel]]));
  const first = await alice.desk.send(bob.id, { body: "first", payload: { a: 1 } }, "k");
  expect(first).toMatchObject({ channelId: channel, messageId: expect.any(String) });
  expect(await alice.desk.send(bob.id, { body: "first" }, "k")).toEqual(first);
  await alice.desk.send(bob.id, { body: "second", replyTo: "m1" }, "k2");
  expect(alice.outgoing.map(({ message }) => [message.channelId, message.body])).toEqual([
    [channel, "first"],
    [channel, "second"],
  ]);
  const contents = alice.outgoing.map(({ message }) => readContent(message));
  expect(contents.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(contents[1]).toMatchObject({ prev: first.messageId, replyTo: "m1" });

  await alice.take([bob.layOut()]);
  await alice.desk.send(bob.id, { body: "third" }, "k3");
  expect(await bob.take(alice.outgoing.slice(2))).toMatchObject([{ body: "third", sealed: true }]);
});

it("refuses for a listed peer what only a seal could hold, and says so", async () => {
  const bob = personOf(2);
  const alice = personOf(1, "1", new Map([[bob.id, "dm:of the two"]]));
  const reserved = { body: "", payload: { $oc: 1 } };
  await expect(alice.desk.send(bob.id, reserved, "k")).rejects.toMatchObject({ code: "malformed" });
  expect(alice.own.waiting.count()).toBe(0);
});
