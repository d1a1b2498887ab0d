import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { encodeAnnouncementPayload } from "../announcement/announcement-payload.ts";
import { addressToPoll } from "./machine.ts";
import { createWorld, type Peer, settle } from "../../test-support/two-peers.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function connected(config = {}): ReturnType<typeof createWorld> {
  const all = createWorld(config);
  all.alice.request(all.bob);
  settle(all.alice, all.bob);
  return all;
}

function statusOf(peer: Peer): string {
  return peer.sessions.status(peer.conversation?.session ?? {});
}

describe("first contact", () => {
  it("queues a message until the peer has accepted, then delivers it", () => {
    const { alice, bob } = createWorld();
    alice.request(bob);
    const id = alice.sendText("hello");
    expect(alice.conversation?.queue[0]?.value).toBeUndefined();
    settle(alice, bob);
    expect(bob.texts).toEqual(["hello"]);
    bob.sendText("hello yourself");
    settle(alice, bob);
    expect(alice.texts).toEqual(["hello yourself"]);
    expect(alice.status(id)).toBe("delivered");
  });

  it("takes back what waits for the session, and nothing that was encrypted", () => {
    const { alice, bob } = createWorld();
    alice.request(bob);
    const regretted = alice.sendText("regretted");
    alice.sendText("meant");
    alice.apply({ type: "withdraw", messageId: regretted });
    expect(alice.status(regretted)).toBe("failed");
    settle(alice, bob);
    const late = alice.sendText("too late");
    alice.apply({ type: "withdraw", messageId: late });
    settle(alice, bob);
    expect(bob.texts).toEqual(["meant", "too late"]);
  });

  it("reports the request with the sender's own words", () => {
    const { alice, bob } = createWorld();
    alice.request(bob, Buffer.from("05000000416c69636502000000686f", "hex").subarray(0, 15));
    settle(alice, bob);
    expect(bob.events).toEqual([
      { type: "contact_request", username: "Alice", message: "ho", accepted: true },
    ]);
  });

  it("neither announces nor polls while a request is not accepted", () => {
    const { alice, bob } = createWorld();
    bob.decision = "rejected";
    alice.request(bob);
    alice.sendText("hello");
    settle(alice, bob);
    expect(statusOf(bob)).toBe("peer_requested");
    expect(bob.conversation?.announcement).toBeUndefined();
    expect(bob.events).toMatchObject([{ type: "contact_request", accepted: false }]);
    bob.apply({ type: "accept", trusted: true });
    settle(alice, bob);
    expect(bob.texts).toEqual(["hello"]);
    bob.apply({ type: "accept", trusted: true });
    expect(bob.events.filter(({ type }) => type === "contact_request")).toMatchObject([
      { accepted: false },
      { accepted: true },
    ]);
  });

  it("tells of a request again when it is accepted, in the newest words, which nobody has answered yet", () => {
    const { alice, bob } = createWorld();
    bob.decision = "rejected";
    for (const message of ["first", "newest"]) {
      alice.request(bob, encodeAnnouncementPayload({ username: "Alice", message }));
      settle(alice, bob);
    }
    bob.apply({ type: "accept", trusted: false });
    expect(bob.events).toEqual([
      { type: "contact_request", username: "Alice", message: "first", accepted: false },
      { type: "contact_request", username: "Alice", message: "newest", accepted: true },
    ]);
  });

  it("tells of a request although the last one was reported while the clock was wrong", () => {
    const { alice, bob, world } = createWorld();
    alice.request(bob);
    settle(alice, bob);
    if (bob.conversation === undefined) throw new Error("test: no request");
    const requestReportedMs = world.nowMs + 1_000 * DAY_MS;
    bob.conversation = { ...bob.conversation, requestReportedMs };
    world.nowMs += 1;
    alice.request(bob);
    settle(alice, bob);
    expect(bob.events.filter(({ type }) => type === "contact_request")).toHaveLength(2);
  });

  it("tells of one peer's requests at most once a minute, however many it posts", () => {
    const { alice, bob, world } = createWorld();
    bob.decision = "rejected";
    for (let i = 0; i < 20; i += 1) {
      alice.request(bob);
      settle(alice, bob);
      world.nowMs += 10_000;
    }
    expect(bob.events).toHaveLength(4);
  });

  it("tells of a waiting request once it is let through by asking again, however soon", () => {
    const { alice, bob, world } = createWorld();
    bob.decision = "rejected";
    const userData = encodeAnnouncementPayload({ username: "Alice", message: "hello" });
    for (const decision of ["rejected", "accepted"] as const) {
      bob.decision = decision;
      alice.request(bob, userData);
      settle(alice, bob);
      world.nowMs += 1_000;
    }
    expect(bob.events).toMatchObject([
      { message: "hello", accepted: false },
      { message: "hello", accepted: true },
    ]);
  });

  it("makes one session of announcements that crossed", () => {
    const { alice, bob } = createWorld();
    alice.request(bob);
    bob.request(alice);
    alice.announce();
    bob.announce();
    settle(alice, bob);
    alice.sendText("from alice");
    bob.sendText("from bob");
    settle(alice, bob);
    expect([alice.texts, bob.texts]).toEqual([["from bob"], ["from alice"]]);
  });
});

describe("renewal", () => {
  it("sends again what was not acknowledged, under the same id, and the peer takes it once", () => {
    const { alice, bob } = connected();
    const id = alice.sendText("once");
    settle(alice, bob);
    expect(bob.texts).toEqual(["once"]);
    alice.request(bob, new Uint8Array(0));
    settle(alice, bob);
    bob.sendText("got it");
    settle(alice, bob);
    expect(bob.texts).toEqual(["once"]);
    expect(alice.status(id)).toBe("delivered");
  });

  it("renews a dead session at once, and then not again for a quarter of an hour", () => {
    const { alice, bob, world, relay } = connected();
    const kill = (): void => {
      // Bob's clock runs ahead: what he sends now ends the session on Alice's side.
      world.nowMs += 2 * MINUTE_MS;
      bob.sendText("from the future");
      bob.postValues();
      world.nowMs -= 2 * MINUTE_MS;
      alice.readBoard();
    };
    kill();
    expect(alice.notices).toContain("session_lost");
    const before = relay.bulletin.length;
    alice.announce();
    expect(relay.bulletin.length).toBe(before + 1);
    bob.readBulletin();
    kill();
    alice.apply({ type: "tick" });
    alice.announce();
    expect(relay.bulletin.length).toBe(before + 1);
    world.nowMs += 18 * MINUTE_MS;
    alice.apply({ type: "tick" });
    alice.announce();
    expect(relay.bulletin.length).toBe(before + 2);
    settle(alice, bob);
    expect(alice.texts).toEqual(["from the future", "from the future"]);
  });

  it("renews a saturated session once, after five minutes", () => {
    const { alice, bob, world, relay } = connected({ maxSelfLag: 3 });
    bob.conversation = undefined;
    for (let i = 0; i < 4; i += 1) alice.sendText(`message ${i}`);
    alice.turn();
    expect(statusOf(alice)).toBe("saturated");
    const before = relay.bulletin.length;
    alice.turn();
    expect(relay.bulletin.length).toBe(before);
    world.nowMs += 6 * MINUTE_MS;
    alice.turn();
    expect(relay.bulletin.length).toBe(before + 1);
  });

  it("is not held up by a pause that was set while the clock was wrong", () => {
    const { alice, bob, world, relay } = connected();
    const kill = (): void => {
      world.nowMs += 2 * MINUTE_MS;
      bob.sendText("from the future");
      bob.postValues();
      world.nowMs -= 2 * MINUTE_MS;
      alice.readBoard();
    };
    if (alice.conversation === undefined) throw new Error("test: not connected");
    const untilMs = world.nowMs + 1_000 * DAY_MS;
    alice.conversation = { ...alice.conversation, renewalPause: { count: 1, untilMs } };
    const before = relay.bulletin.length;
    kill();
    alice.announce();
    expect(relay.bulletin.length).toBe(before + 1);
  });

  it("keeps trying a silent peer, at longer and longer intervals", () => {
    const { alice, world, relay } = connected();
    world.nowMs += 8 * DAY_MS;
    const before = relay.bulletin.length;
    for (let day = 0; day < 30; day += 1) {
      alice.turn();
      world.nowMs += DAY_MS;
    }
    const renewals = relay.bulletin.length - before;
    expect(renewals).toBeGreaterThanOrEqual(4);
    expect(renewals).toBeLessThanOrEqual(6);
  });

  it("talks again after a month of silence on both sides", () => {
    const { alice, bob, world } = connected();
    world.nowMs += 30 * DAY_MS;
    alice.sendText("still there?");
    settle(alice, bob);
    world.nowMs += 30 * MINUTE_MS;
    settle(alice, bob);
    expect(bob.texts).toEqual(["still there?"]);
  });

  it("leaves the dead session of an untrusted peer alone", () => {
    const { alice, world, relay } = connected();
    alice.apply({ type: "trust", trusted: false });
    world.nowMs += 8 * DAY_MS;
    const before = relay.bulletin.length;
    alice.turn();
    expect(statusOf(alice)).toBe("killed");
    expect(relay.bulletin.length).toBe(before);
  });
});

describe("keep-alive", () => {
  it("goes out after a day of our silence and counts as a sign of life", () => {
    const { alice, bob, world, relay } = connected();
    const before = relay.board.size;
    world.nowMs += DAY_MS + MINUTE_MS;
    alice.turn();
    expect(relay.board.size).toBe(before + 1);
    bob.turn();
    expect(bob.conversation?.lastInboundMs).toBe(world.nowMs);
    expect(bob.texts).toEqual([]);
  });

  it("acknowledges eight messages that had no answer", () => {
    const { alice, bob } = connected();
    const ids = Array.from({ length: 8 }, (_, i) => alice.sendText(`${i}`));
    settle(alice, bob);
    settle(alice, bob);
    expect(ids.map((id) => alice.status(id))).toEqual(Array(8).fill("delivered"));
  });

  it("does not go to an untrusted peer", () => {
    const { alice, world, relay } = connected();
    alice.apply({ type: "trust", trusted: false });
    const before = relay.board.size;
    world.nowMs += DAY_MS + MINUTE_MS;
    alice.turn();
    expect(relay.board.size).toBe(before);
  });
});

describe("a reinstalled peer", () => {
  it("is answered at once when its announcement says who it is", () => {
    const { alice, bob, world } = connected();
    world.nowMs += MINUTE_MS;
    bob.forgetEverything();
    bob.request(alice);
    settle(bob, alice);
    bob.sendText("new phone");
    alice.sendText("welcome back");
    settle(alice, bob);
    expect([alice.texts, bob.texts]).toEqual([["new phone"], ["welcome back"]]);
  });

  it("is answered at most once a minute", () => {
    const { alice, bob, world, relay } = connected();
    let answers = 0;
    for (let i = 0; i < 30; i += 1) {
      world.nowMs += 10_000;
      bob.forgetEverything();
      bob.request(alice);
      bob.announce();
      const before = relay.bulletin.length;
      alice.turn();
      answers += relay.bulletin.length - before;
    }
    expect(answers).toBeGreaterThanOrEqual(4);
    expect(answers).toBeLessThanOrEqual(6);
  });

  it("is heard at once when it says something new, and once when it says the same again", () => {
    const { alice, bob, world } = connected();
    const requests = (): string[] =>
      alice.events.flatMap((e) => (e.type === "contact_request" ? [e.message ?? ""] : []));
    for (const message of ["one", "two", "two", "three"]) {
      world.nowMs += 10_000;
      bob.forgetEverything();
      bob.request(alice, encodeAnnouncementPayload({ username: "Bob", message }));
      settle(bob, alice);
      // The relay offers everything again.
      alice.cursor = 0;
      settle(bob, alice);
    }
    expect(requests()).toEqual(["one", "two", "three"]);
  });

  it("is answered after ten minutes of silence when its announcement says nothing", () => {
    const { alice, bob, world } = connected();
    alice.sendText("a");
    bob.sendText("b");
    settle(alice, bob);
    world.nowMs += MINUTE_MS;
    bob.forgetEverything();
    bob.request(alice, new Uint8Array(0));
    settle(bob, alice);
    expect(statusOf(bob)).toBe("self_requested");
    world.nowMs += 12 * MINUTE_MS;
    settle(alice, bob);
    bob.sendText("here again");
    settle(alice, bob);
    expect(alice.texts).toEqual(["b", "here again"]);
  });

  it("starts no endless exchange of announcements between two that are both alive", () => {
    const { alice, bob, world, relay } = connected();
    alice.request(bob, new Uint8Array(0));
    settle(alice, bob);
    const before = relay.bulletin.length;
    for (let hour = 0; hour < 24 * 6; hour += 1) {
      world.nowMs += HOUR_MS;
      settle(alice, bob);
    }
    expect(relay.bulletin.length - before).toBeLessThanOrEqual(1);
    expect([statusOf(alice), statusOf(bob)]).toEqual(["active", "active"]);
  });
});

describe("valid but old state", () => {
  it("is noticed by the value at our next address; nothing answered is read again, nothing is lost", () => {
    const { alice, bob } = connected();
    bob.sendText("before the backup");
    settle(alice, bob);
    const backup = alice.save();
    bob.sendText("question");
    settle(alice, bob);
    alice.sendText("answer");
    settle(alice, bob);
    expect(bob.texts).toEqual(["answer"]);
    bob.sendText("one more");
    bob.postValues();

    alice.restart(backup);
    alice.events.length = 0;
    alice.readBoard();
    expect(alice.notices).toContain("fork_noticed");
    expect(alice.texts).toEqual([]);
    settle(alice, bob);
    expect(alice.texts).toEqual(["one more"]);
    alice.sendText("back");
    settle(alice, bob);
    expect(bob.texts).toEqual(["answer", "back"]);
  });

  it("is noticed when a post of ours lost against a copy's", () => {
    const { alice, bob, world } = connected();
    const copy = alice.save();
    alice.sendText("from the copy");
    alice.postValues();
    alice.restart(copy);
    const id = alice.sendText("from here");
    alice.postValues();
    world.nowMs += MINUTE_MS;
    alice.readBoard();
    expect(alice.notices).toContain("fork_noticed");
    settle(alice, bob);
    bob.sendText("both came");
    settle(alice, bob);
    expect(bob.texts).toContain("from here");
    expect(alice.status(id)).toBe("delivered");
  });

  it("is noticed when the peer answers what only a copy has said", () => {
    const { alice, bob, relay } = connected();
    const copy = alice.save();
    alice.sendText("from the copy");
    settle(alice, bob);
    bob.sendText("to the copy");
    bob.postValues();
    alice.restart(copy);
    // Another poll has looked at our own address, before the copy wrote there.
    const seeker = alice.conversation && addressToPoll(alice.conversation, alice.sessions);
    const data = seeker && relay.read(seeker);
    if (seeker === undefined || data === undefined) throw new Error("test: nothing to read");
    alice.apply({ type: "value", seeker, data });
    expect(alice.notices).toEqual(["fork_noticed", "session_lost"]);
  });

  it("is noticed when a copy says that it has announced itself since, and the peer is taken back later", () => {
    const { alice, bob, world } = connected();
    const atMs = world.nowMs + 1;
    world.nowMs += 2;
    alice.apply({ type: "copy_announced", atMs });
    expect([alice.forked, alice.notices]).toEqual([true, ["fork_noticed"]]);
    bob.sendText("to the copy");
    bob.postValues();
    world.nowMs += 14 * MINUTE_MS;
    settle(alice, bob);
    expect([alice.forked, alice.texts]).toEqual([true, []]);
    world.nowMs += 2 * MINUTE_MS;
    settle(alice, bob);
    expect(alice.texts).toEqual(["to the copy"]);
  });

  it("is not noticed by what a copy said before our own announcement, or by our own words", () => {
    const { alice, bob } = connected();
    const ownMs = alice.conversation?.session.outgoing?.createdAtMs ?? 0;
    for (const atMs of [0, ownMs - 1, ownMs]) alice.apply({ type: "copy_announced", atMs });
    expect([alice.forked, alice.notices]).toEqual([false, []]);
    alice.sendText("still here");
    settle(alice, bob);
    expect(bob.texts).toEqual(["still here"]);
  });

  it("does not post an announcement that the peer would drop, because a copy's is newer", () => {
    const { alice, bob, world, relay } = connected();
    alice.apply({ type: "request", userData: new Uint8Array(0) });
    alice.apply({ type: "announce" });
    const before = relay.bulletin.length;
    // The copy's clock is ahead of ours.
    const atMs = world.nowMs + MINUTE_MS;
    alice.apply({ type: "copy_announced", atMs });
    settle(alice, bob);
    expect(relay.bulletin.length).toBe(before);
    world.nowMs = atMs + 15 * MINUTE_MS;
    settle(alice, bob);
    expect(alice.conversation?.session.outgoing?.createdAtMs).toBe(world.nowMs);
  });

  it("takes its peer back at once from a copy that announced itself long ago", () => {
    const { alice, bob, world } = connected();
    const atMs = world.nowMs + 1;
    world.nowMs += HOUR_MS;
    bob.sendText("to the copy");
    alice.apply({ type: "copy_announced", atMs });
    settle(alice, bob);
    expect(alice.texts).toEqual(["to the copy"]);
  });

  it("pauses longer each time while a second copy keeps going", () => {
    const { alice, world, relay } = connected();
    const before = relay.bulletin.length;
    for (let minute = 0; minute < 60; minute += 1) {
      alice.postAsCopy();
      alice.turn();
      world.nowMs += MINUTE_MS;
    }
    expect(relay.bulletin.length - before).toBeLessThanOrEqual(9);
  });
});

describe("a lying relay", () => {
  it("costs no session by junk at our own addresses that is gone again", () => {
    const { alice, bob, world, relay } = connected();
    const before = relay.bulletin.length;
    alice.sendText("here");
    alice.postValues();
    const value = alice.conversation?.queue[0]?.value;
    if (value === undefined) throw new Error("test: not encrypted");
    relay.squat(value.seeker);
    alice.turn();
    world.nowMs += MINUTE_MS;
    relay.board.delete(Buffer.from(value.seeker).toString("hex"));
    alice.turn();
    world.nowMs += 10 * MINUTE_MS;
    settle(alice, bob);
    expect(bob.texts).toEqual(["here"]);
    expect(relay.bulletin.length).toBe(before);
  });

  it("has a value posted again that it took and dropped", () => {
    const { alice, bob } = connected();
    alice.sendText("kept");
    alice.postValues("dropped");
    settle(alice, bob);
    expect(bob.texts).toEqual(["kept"]);
  });

  it("costs no session by junk at the awaited address, and is worked around when the junk stays", () => {
    const { alice, bob, world, relay } = connected();
    alice.sendText("overwritten");
    alice.postValues();
    alice.readBoard();
    const seeker = alice.conversation?.queue[0]?.value?.seeker ?? new Uint8Array(0);
    relay.squat(seeker);
    bob.readBoard();
    expect(statusOf(bob)).toBe("active");
    world.nowMs += 3 * MINUTE_MS;
    settle(bob, alice);
    expect(bob.texts).toEqual(["overwritten"]);
  });

  it("gets everything unacknowledged again after it lost it", () => {
    const { alice, bob, relay } = connected();
    alice.sendText("one");
    alice.turn();
    alice.turn();
    relay.board.clear();
    alice.apply({ type: "relay_reset" });
    settle(alice, bob);
    expect(bob.texts).toEqual(["one"]);
  });

  it("gets an announcement again that it lost before the peer has read it", () => {
    const { alice, bob, relay } = createWorld();
    alice.request(bob);
    alice.sendText("hello");
    alice.turn();
    relay.bulletin.length = 0;
    alice.apply({ type: "relay_reset" });
    settle(alice, bob);
    expect(bob.texts).toEqual(["hello"]);
  });

  it("may refuse one message for good without stopping those behind it", () => {
    const { alice, bob } = connected();
    const refused = alice.sendText("too large for it");
    alice.sendText("next");
    alice.apply({ type: "refused", messageId: refused });
    settle(alice, bob);
    expect(bob.texts).toEqual(["next"]);
    expect(alice.status(refused)).toBe("failed");
  });
});

describe("what a peer may change", () => {
  it("edits and deletes its own messages", () => {
    const { alice, bob } = connected();
    const first = alice.sendText("frist");
    const second = alice.sendText("never mind");
    settle(alice, bob);
    bob.events.length = 0;
    alice.send({ type: "edit", messageId: Buffer.alloc(12, 1), citedId: first, text: "first" });
    alice.send({ type: "delete", messageId: Buffer.alloc(12, 2), citedId: second });
    settle(alice, bob);
    expect(bob.events).toMatchObject([
      { type: "edit", text: "first" },
      { type: "delete", citedId: new Uint8Array(second) },
    ]);
  });

  it("changes nothing of ours, nothing unknown, and nothing twice", () => {
    const { alice, bob } = connected();
    const ours = bob.sendText("bob's words");
    const hers = alice.sendText("alice's words");
    settle(alice, bob);
    bob.events.length = 0;
    const unknown = Buffer.alloc(12, 9);
    alice.send({ type: "edit", messageId: Buffer.alloc(12, 1), citedId: ours, text: "forged" });
    alice.send({ type: "delete", messageId: Buffer.alloc(12, 2), citedId: ours });
    alice.send({ type: "delete", messageId: Buffer.alloc(12, 3), citedId: unknown });
    alice.send({ type: "delete", messageId: Buffer.alloc(12, 4), citedId: hers });
    alice.send({ type: "delete", messageId: Buffer.alloc(12, 5), citedId: hers });
    alice.send({ type: "edit", messageId: Buffer.alloc(12, 6), citedId: hers, text: "late" });
    settle(alice, bob);
    expect(bob.events).toMatchObject([{ type: "delete", citedId: new Uint8Array(hers) }]);
  });

  it("takes back a reaction, which names the message that had it", () => {
    const { alice, bob } = connected();
    const cited = bob.sendText("joke");
    const messageId = Buffer.alloc(12, 7);
    alice.send({ type: "reaction", messageId, citedId: cited, emoji: "😂" });
    alice.send({ type: "delete", messageId: Buffer.alloc(12, 8), citedId: messageId });
    settle(alice, bob);
    expect(bob.events.slice(-2)).toMatchObject([
      { type: "reaction", emoji: "😂", citedId: new Uint8Array(cited) },
      { type: "reaction_removed", citedId: new Uint8Array(cited) },
    ]);
  });
});

describe("retention", () => {
  it("takes the text of what was not acknowledged in time, and keeps the chain whole", () => {
    const { alice, bob, world } = connected();
    alice.apply({ type: "set_retention", seconds: 60 });
    world.nowMs += 1000;
    alice.sendText("secret");
    alice.postValues();
    world.nowMs += 2 * MINUTE_MS;
    alice.apply({ type: "tick" });
    expect(alice.conversation?.queue[0]?.contents).toHaveLength(0);
    alice.sendText("after");
    settle(alice, bob);
    expect(bob.texts).toEqual(["secret", "after"]);
  });

  it("fails a message that never left", () => {
    const { alice, bob, world } = createWorld();
    alice.request(bob);
    alice.apply({ type: "set_retention", seconds: 60 });
    world.nowMs += 1000;
    const id = alice.sendText("secret");
    world.nowMs += 2 * MINUTE_MS;
    alice.apply({ type: "tick" });
    expect(alice.status(id)).toBe("failed");
    expect(alice.conversation?.queue).toEqual([]);
  });

  it("comes from the peer too, is told once, and ends when the peer ends it", () => {
    const { alice, bob } = connected();
    const policy = (seconds: number): void => {
      alice.send({ type: "retention", messageId: randomBytes(12), seconds });
      settle(alice, bob);
    };
    bob.events.length = 0;
    policy(3600);
    policy(3600);
    expect(bob.conversation?.retention?.seconds).toBe(3600);
    policy(0);
    expect(bob.conversation?.retention).toBeUndefined();
    expect(bob.events).toEqual([
      { type: "retention", seconds: 3600 },
      { type: "retention", seconds: 0 },
    ]);
  });
});
