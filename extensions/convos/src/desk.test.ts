import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { Member } from "convos-node-sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resolveConvosAccount } from "./accounts.ts";
import type { JoinedConversation } from "./client.ts";
import { resolveRules } from "./conversation-rules.ts";
import { createConversationDesk, type ConversationDesk } from "./desk.ts";
import { DESK_RECORD, type DeskRecord } from "./desk-record.ts";
import type { InboundFacts } from "./inbound.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import { createShutList } from "./shut-list.ts";
import { createChatStrings } from "./strings.ts";

const HOME = "0a".repeat(16);
const ROOM = "0b".repeat(16);
const CLUB = "0c".repeat(16);
const LOST = "0d".repeat(16);
const OWNER = "a1".repeat(32);
const BOB = "b2".repeat(32);
const CAT = "c3".repeat(32);
const ROBO = "d4".repeat(32);
/** Writes to us directly only. */
const PEN = "f6".repeat(32);
const US = "ee".repeat(32);

interface Sent {
  readonly key: string;
  readonly to: string;
  readonly text: string;
  readonly id: string;
}

/** What stays when the process ends, and the network; tests restart the desk on it. */
class World {
  cfg: OpenClawConfig = {
    commands: { ownerAllowFrom: [`convos:${OWNER}`] },
    channels: { convos: {} },
  };
  record: DeskRecord = DESK_RECORD.empty;
  readonly sent: Sent[] = [];
  readonly errors: unknown[] = [];
  readonly withdrawn: string[] = [];
  /** Goes on by itself, too. */
  nowMs = 10_000;
  readonly #startedAtMs = performance.now();
  offers = [{ id: LOST, name: "Lost", memberCount: 2, addedBy: BOB }];
  readonly settled: string[] = [];
  isOffline = false;
  /** The owner conversation, while there is one. */
  home: string | undefined = HOME;
  /** The host has not taken over what was written. */
  isReloadDue = false;
  #running: Cfg = this.cfg;
  ended: string[] = [];
  joined: JoinedConversation[] = [room(HOME, "Home"), room(ROOM, "Family"), room(CLUB, undefined)];
  directs: { id: string; inboxId: string; peerInboxId: string }[] = [];
  members: Record<string, Member[]> = {
    [HOME]: [member(OWNER, "Olga")],
    [ROOM]: [member(OWNER, "Olga"), member(BOB, "Bob"), member(CAT), member(ROBO, "Robo", true)],
    [CLUB]: [member(BOB, "Bob"), member(US)],
  };
  #status: (() => void) | undefined;
  #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  desk!: ConversationDesk;

  start(): void {
    this.#stop = new AbortController();
    const running = (): OpenClawConfig => {
      if (!this.isReloadDue) this.#running = this.cfg;
      return this.#running;
    };
    this.desk = createConversationDesk({
      accountId: "default",
      record: {
        read: () => this.record,
        write: (value) => void (this.record = DESK_RECORD.parse(JSON.parse(JSON.stringify(value)))),
      },
      connection: {
        conversations: () => this.joined,
        directs: () => this.directs,
        ended: () => this.ended,
        onStatusChange: (listener) => {
          this.#status = listener;
          return () => undefined;
        },
      },
      controls: {
        offers: () => this.offers,
        settleOffer: async (id, isOurs) => this.#settle(id, isOurs ? "taken" : "dropped"),
      },
      invite: (id) =>
        id === ROOM
          ? Promise.resolve("https://invite")
          : Promise.reject(Object.assign(new Error("no"), { code: "not_allowed" })),
      members: {
        others: async (id) => this.members[id] ?? [],
        recent: async (id) => this.members[id] ?? [],
        nameOf: async (id, inboxId) =>
          this.members[id]?.find((one) => one.inboxId === inboxId)?.name,
        isAgent: async (_id, inboxId) => inboxId === ROBO,
        devicesOf: async () => [],
      },
      shut: createShutList(running, "default"),
      outbox: {
        find: (key) =>
          this.sent
            .filter((one) => one.key === key)
            .map(({ id }) => ({ partIndex: 0, createdAtMs: 0, nativeId: id })),
        send: async ({ body, queueId, target }) => this.#send(queueId, target, body),
      },
      ownerConversation: () => this.home,
      isOwner: (inboxId) => inboxId === OWNER,
      isAdmitted: async (id, inboxId) =>
        resolveRules(resolveConvosAccount(running(), "default"), id).allowFrom.includes(inboxId),
      readConfig: running,
      writeConfig: async (edit) => void (this.cfg = edit(this.cfg)),
      withdrawApproval: async (inboxId) => this.withdrawn.push(inboxId),
      readStrings: () => createChatStrings(),
      now: () => this.nowMs + performance.now() - this.#startedAtMs,
      onError: (error) => this.errors.push(error),
      gatherMs: 25,
    });
    this.#ended = this.desk.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  changeStatus(): void {
    this.#status?.();
  }

  /** The next text to a conversation that holds these words. */
  text(to: string, words: string): Promise<Sent> {
    return vi.waitFor(() => this.find(to, words), { timeout: 20_000, interval: 5 });
  }

  find(to: string, words: string): Sent {
    const found = this.sent.find((one) => one.to === to && one.text.includes(words));
    if (found === undefined) throw new Error(`not sent: ${words}`);
    return found;
  }

  async ask(...people: readonly (readonly [string, string])[]): Promise<void> {
    for (const [conversationId, senderId] of people) {
      await this.desk.noteAsking({ conversationId, senderId });
    }
  }

  say(text: string, options: { by?: string; room?: string; replyTo?: string } = {}) {
    return this.desk.takes(message(text, options));
  }

  tellOwner(about: "invites_revoked" | "joins_waiting" | "restore_offered", id: string) {
    return this.desk.tellOwner({ ...base(`${about}:7`, id, id), kind: "for_owner", about });
  }

  react(emoji: string, targetId: string, by = OWNER): Promise<boolean> {
    const facts: InboundFacts = {
      ...base(`reaction:${emoji}${targetId}`, by, HOME),
      kind: "reaction",
      targetId,
      emoji,
      removed: false,
    };
    return this.desk.takes(facts);
  }

  allowed(id = ROOM): readonly string[] {
    return resolveRules(resolveConvosAccount(this.cfg, "default"), id).allowFrom;
  }

  #settle(id: string, how: string): void {
    this.offers = this.offers.filter((offer) => offer.id !== id);
    this.settled.push(`${how} ${id}`);
  }

  #send(key: string, to: string, body: ConvosMessageBody): { nativeId: string; isReplay: boolean } {
    if (this.isOffline) throw new Error("offline");
    const known = this.sent.find((one) => one.key === key);
    if (known !== undefined) return { nativeId: known.id, isReplay: true };
    const id = String(this.sent.length).padStart(64, "0");
    this.sent.push({ key, to, text: "text" in body ? body.text : "", id });
    return { nativeId: id, isReplay: false };
  }
}

type Cfg = OpenClawConfig;

function room(id: string, name: string | undefined): JoinedConversation {
  return { id, name, inboxId: US, memberCount: 4, joinedAtMs: 0, isCreator: id === ROOM };
}

function member(inboxId: string, name?: string, isAgent = false): Member {
  return {
    inboxId,
    kind: isAgent ? "agent" : "human-or-unknown",
    role: "member",
    ...(name === undefined ? {} : { name }),
  };
}

function base(key: string, senderId: string, conversationId: string) {
  return { key, conversationId, senderId, sentAtMs: 5000, arrivedAtMs: 5001 };
}

function message(
  text: string,
  {
    by = OWNER,
    replyTo,
    room: conversationId = HOME,
  }: { by?: string; room?: string; replyTo?: string },
  sentAtMs = 5000,
) {
  return {
    ...base(`message:${text}`, by, conversationId),
    sentAtMs,
    kind: "message" as const,
    messageId: "01".repeat(32),
    text,
    ...(replyTo === undefined ? {} : { replyToId: replyTo }),
  };
}

let world: World;

beforeEach(() => {
  world = new World();
  world.start();
});
afterEach(() => world.stop());

describe("who asks", () => {
  it("is told to the owner once, with name, short id and conversation", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "wants to talk");
    expect(notice.text).toContain("Bob (b2b2b2) wants to talk to me in Family (0b0b0b).");
    await world.ask([ROOM, BOB]);
    await world.restart();
    await world.ask([ROOM, BOB], [CLUB, BOB]);
    const other = await world.text(HOME, "conversation 0c0c0c");
    expect(other.text).not.toContain("Family");
    expect(world.sent).toHaveLength(2);
  });

  it("together is one notice; an agent is called one", async () => {
    await world.ask([ROOM, BOB], [ROOM, CAT], [ROOM, ROBO]);
    const { text } = await world.text(HOME, "3. ");
    expect(text).toContain("1. Bob (b2b2b2)");
    expect(text).toContain("2. member c3c3c3");
    expect(text).toContain("3. Robo (d4d4d4, an agent)");
  });

  it("is told after a restart when a crash came between the note and the message", async () => {
    world.isOffline = true;
    await world.ask([ROOM, BOB]);
    await expect.poll(() => world.errors.length).toBeGreaterThan(0);
    expect(world.record.notices).toHaveLength(1);
    world.isOffline = false;
    await world.restart();
    await world.text(HOME, "Bob (b2b2b2)");
    expect(world.record.notices).toHaveLength(1);
  });

  it("waits for an owner conversation while there is none, and nothing is tried meanwhile", async () => {
    world.isOffline = true;
    await world.ask([ROOM, BOB]);
    await expect.poll(() => world.errors.length).toBe(1);
    world.home = undefined;
    // A start looks at once at what is due.
    await world.restart();
    await world.ask([CLUB, CAT]);
    await world.restart();
    expect(world.errors).toHaveLength(1);
    expect(world.record.people).toHaveLength(2);
    world.isOffline = false;
    world.home = CLUB;
    await world.restart();
    await world.text(CLUB, "Bob (b2b2b2) wants to talk");
    await world.text(CLUB, "member c3c3c3 wants to talk");
    expect(world.sent.map(({ to }) => to)).toEqual([CLUB, CLUB]);
  });

  it("is told at most six times in ten minutes, the others together later", async () => {
    for (let at = 0; at < 8; at += 1) {
      await world.ask([ROOM, String(at).repeat(64)]);
      if (at < 6) await world.text(HOME, `member ${String(at).repeat(6)}`);
    }
    expect(world.sent).toHaveLength(6);
    world.nowMs += 10 * 60_000;
    await world.restart();
    const late = await world.text(HOME, "2. member 777777");
    expect(late.text).toContain("1. member 666666");
  });

  it("is told at most twenty-four times a day, whoever floods; the status stays short", async () => {
    const dayMs = 24 * 3_600_000;
    world.nowMs = 2 * dayMs;
    const atMs = world.nowMs - dayMs / 2;
    const notices = Array.from({ length: 24 }, (_, at) => ({
      key: `desk/ask/${at}`,
      atMs,
      messageId: String(at),
      people: [{ conversationId: ROOM, inboxId: BOB }],
    }));
    await world.stop();
    world.record = { ...world.record, notices };
    world.start();
    const people = Array.from({ length: 30 }, (_, at) => at.toString(16).padStart(64, "9"));
    await world.ask(...people.map((inboxId) => [ROOM, inboxId] as const));
    await world.say("status");
    const status = await world.text(HOME, "… and 10 more.");
    expect(status.text.match(/wants to talk/g)).toHaveLength(20);
    // A start looks at once at what is due.
    await world.restart();
    expect(world.record.notices).toHaveLength(24);
    world.nowMs += dayMs / 2;
    await world.restart();
    await world.text(HOME, "20. ");
  });

  it("is forgotten with the conversation, and not while that is being restored", async () => {
    await world.ask([ROOM, BOB]);
    await world.text(HOME, "Bob");
    world.joined = world.joined.filter(({ id }) => id !== ROOM);
    world.changeStatus();
    expect(JSON.stringify(world.record)).toContain("Bob");
    world.ended.push(ROOM);
    world.changeStatus();
    expect(JSON.stringify(world.record)).not.toContain("Bob");
  });
});

describe("the owner's word", () => {
  it("a thumb lets in who is named; he is told once it holds, and what he wrote before stays unread", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "Bob");
    world.isReloadDue = true;
    await expect(world.react("👍", notice.id)).resolves.toBe(true);
    expect(world.allowed()).toEqual([BOB]);
    await world.text(HOME, "Yes: I hear Bob (b2b2b2).");
    expect(world.sent.filter(({ to }) => to === ROOM)).toEqual([]);
    world.isReloadDue = false;
    await world.restart();
    const told = await world.text(ROOM, "I hear you now");
    expect(told.text).toContain("Bob (b2b2b2)");
    await world.restart();
    expect(world.sent.filter(({ to }) => to === ROOM)).toEqual([told]);
    const before = message("hi", { by: BOB, room: ROOM }, 5000);
    expect(world.desk.isTooEarly(before)).toBe(true);
    expect(world.desk.isTooEarly({ ...before, sentAtMs: 5001 })).toBe(false);
    expect(world.desk.isTooEarly({ ...before, conversationId: CLUB })).toBe(false);
  });

  it("a check mark lets in everybody who is there now, other agents not, even one that asked", async () => {
    await world.ask([ROOM, BOB], [ROOM, ROBO]);
    const notice = await world.text(HOME, "Robo");
    await world.react("✅", notice.id);
    expect(world.allowed()).toEqual([BOB, CAT]);
    await world.text(ROOM, "I hear everybody who is in here now");
    expect(world.sent.filter(({ to }) => to === ROOM)).toHaveLength(1);
  });

  it("a check mark means no agent that asked either while the members cannot be read", async () => {
    await world.ask([ROOM, BOB], [ROOM, ROBO]);
    const notice = await world.text(HOME, "Robo");
    world.members = { [HOME]: [member(OWNER, "Olga")] };
    await world.react("✅", notice.id);
    expect(world.allowed()).toEqual([BOB]);
  });

  it("a word for everybody that comes in late lets in nobody, who may have joined since", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "Bob");
    await world.stop();
    world.nowMs += 11 * 60_000;
    world.members[ROOM]?.push(member("f6".repeat(32), "Mallory"));
    world.start();
    await world.react("✅", notice.id);
    await world.text(
      HOME,
      "others may have come since. If you still mean everybody, write: everyone 0b0b0b",
    );
    expect(world.allowed()).toEqual([]);
    await world.react("👍", notice.id);
    expect(world.allowed()).toEqual([BOB]);
  });

  it("a word for everybody, repeated after a crash, means those whom it meant", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "Bob");
    await world.react("✅", notice.id);
    world.members[ROOM]?.push(member("f6".repeat(32), "Mallory"));
    await world.restart();
    await world.react("✅", notice.id);
    expect(world.allowed()).toEqual([BOB, CAT]);
  });

  it("a reply decides by line; a thumb for the rest does not take a no back", async () => {
    await world.ask([ROOM, BOB], [ROOM, CAT]);
    const notice = await world.text(HOME, "2. ");
    await expect(world.say("no 1", { replyTo: notice.id })).resolves.toBe(true);
    await world.react("👍", notice.id);
    expect(world.allowed()).toEqual([CAT]);
    await world.ask([ROOM, BOB]);
    await world.text(ROOM, "I hear you now");
    expect(world.sent.filter(({ text }) => text.includes("wants to talk"))).toHaveLength(1);
    await world.say("yes 1", { replyTo: notice.id });
    expect(world.allowed()).toEqual([CAT, BOB]);
    await world.say("yes 3", { replyTo: notice.id });
    await world.text(HOME, "I know nobody and nothing called 3");
  });

  it("said twice, as after a crash, is done once", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "Bob");
    await world.react("👍", notice.id);
    await world.text(ROOM, "I hear you now");
    const count = world.sent.length;
    await world.react("👍", notice.id);
    await world.restart();
    await world.say("help");
    expect(world.allowed()).toEqual([BOB]);
    expect(world.sent.slice(count).map(({ text }) => text.slice(0, 9))).toEqual(["What I do"]);
  });

  it("names people by the beginning of an id, and never guesses between two", async () => {
    const twin = `${"b2".repeat(8)}${"0".repeat(48)}`;
    world.members[ROOM]?.push(member(twin, "Bob"));
    await world.say("approve b2b2b2");
    expect((await world.text(HOME, "Which one?")).text).toContain("b2b2b2b2b2b2b2b2");
    expect(world.allowed()).toEqual([]);
    await world.say(`approve ${BOB} 0b0b0b`);
    expect([world.allowed(ROOM), world.allowed(CLUB)]).toEqual([[BOB], []]);
    await world.say("approve 123456");
    await world.text(HOME, "called 123456");
  });

  it("asks when an id begins a person and a conversation, and when it names no person", async () => {
    const twin = `${ROOM.slice(0, 8)}${"1".repeat(56)}`;
    world.members[CLUB]?.push(member(twin, "Rob"));
    await world.say("approve 0b0b0b");
    const { text } = await world.text(HOME, "Which one?");
    expect(text).toContain(twin.slice(0, 16));
    expect(text).toContain(ROOM.slice(0, 16));
    await world.say(`approve ${twin.slice(0, 12)}`);
    expect([world.allowed(ROOM), world.allowed(CLUB)]).toEqual([[], [twin]]);
    await world.say("remove 0c0c0c");
    await world.text(HOME, "called 0c0c0c");
    expect(world.allowed(CLUB)).toEqual([twin]);
  });

  it("removes a person everywhere at once, and says when the lists do not decide", async () => {
    await world.say(`approve ${BOB}`);
    expect([world.allowed(ROOM), world.allowed(CLUB)]).toEqual([[BOB], [BOB]]);
    await world.say("remove b2b2b2");
    await world.text(HOME, "I don't hear Bob (b2b2b2) any more.");
    expect([world.allowed(ROOM), world.allowed(CLUB)]).toEqual([[], []]);
    expect(world.withdrawn).toEqual([BOB]);
    world.cfg = { ...world.cfg, channels: { convos: { groupPolicy: "open" } } };
    await world.say("remove c3c3c3");
    await world.text(HOME, "is still heard");
    await world.say("remove a1a1a1");
    await world.text(HOME, "That is an owner");
  });

  it("removes who writes to the agent directly and is in no conversation with it", async () => {
    world.directs = [{ id: "0d".repeat(16), inboxId: US, peerInboxId: PEN }];
    world.cfg = { channels: { convos: { dmPolicy: "allowlist", allowFrom: [PEN, BOB] } } };
    await world.say(`remove ${PEN.slice(0, 6)}`);
    await world.text(HOME, `I don't hear member ${PEN.slice(0, 6)} any more.`);
    expect(resolveConvosAccount(world.cfg, "default").allowFrom).toEqual([BOB]);
    expect(world.withdrawn).toEqual([PEN]);
    world.cfg = { channels: { convos: { dmPolicy: "open", allowFrom: ["*"] } } };
    await world.say(`remove ${PEN}`);
    await world.text(HOME, "is still heard");
    // Nobody is let in that way: what was asked for there is a code.
    await world.say(`approve ${PEN}`);
    await world.text(HOME, `called ${PEN}`);
  });

  it("quiets and unquiets a conversation, but not the one in which he is heard", async () => {
    const isEnabled = (id: string) =>
      resolveRules(resolveConvosAccount(world.cfg, "default"), id).enabled;
    await world.say("quiet 0b0b0b");
    await world.text(HOME, "I am quiet in Family (0b0b0b)");
    expect(isEnabled(ROOM)).toBe(false);
    await world.say("unquiet 0b0b0b");
    expect(isEnabled(ROOM)).toBe(true);
    await world.say("quiet 0a0a0a");
    await world.text(HOME, "Not in here");
    expect(isEnabled(HOME)).toBeUndefined();
  });

  it("gives invites and lists while nobody else reads, where it may", async () => {
    await world.say("invite 0b0b0b");
    await world.text(HOME, "https://invite");
    await world.say("invite 0c0c0c");
    await world.text(HOME, "I cannot invite");
    await world.ask([ROOM, BOB]);
    await world.say("status");
    const status = await world.text(HOME, "Family (0b0b0b): 4 members");
    expect(status.text).toContain("Bob (b2b2b2) wants to talk");
    world.members[HOME]?.push(member(BOB));
    await world.say("OpenClaw, status");
    await world.text(HOME, "Not while somebody else reads this");
    const links = world.sent.filter(({ text }) => text.includes("https://"));
    await world.say("@OpenClaw invite 0b0b0b");
    expect(world.sent.filter(({ text }) => text.includes("https://"))).toEqual(links);
    expect(world.sent.every(({ text, to }) => to === HOME || !text.includes("https://"))).toBe(
      true,
    );
  });

  it("hears of invites that were ended", async () => {
    await world.tellOwner("invites_revoked", ROOM);
    await world.tellOwner("invites_revoked", ROOM);
    expect(world.sent.map(({ text }) => text)).toEqual([
      expect.stringContaining("asked to join Family (0b0b0b)"),
    ]);
  });
});

describe("what came up after a restore", () => {
  it("is the owner's to take or to drop, by id; nobody else's", async () => {
    await world.tellOwner("restore_offered", LOST);
    expect((await world.text(HOME, "Lost (0d0d0d)")).text).toContain("take 0d0d0d");
    await expect(world.say("take 0d0d0d", { by: BOB })).resolves.toBe(false);
    expect(world.settled).toEqual([]);
    await world.say("take 0b0b0b");
    await world.text(HOME, "called 0b0b0b");
    await world.say("take 0d0d0d");
    await world.text(HOME, "Lost (0d0d0d) is mine again.");
    expect(world.settled).toEqual([`taken ${LOST}`]);
  });

  it("dropped, it is none of ours", async () => {
    await world.say("drop 0d0d0d");
    expect(world.settled).toEqual([`dropped ${LOST}`]);
    expect(world.offers).toEqual([]);
  });
});

describe("nobody else's word", () => {
  it("is taken: not there, not elsewhere, not by reply, reaction or command", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "Bob");
    const before = JSON.stringify([world.cfg, world.record]);
    const words = ["yes", "everyone", "no", "remove", "quiet", "invite", "status", "help"];
    for (const by of [BOB, ROBO]) {
      for (const word of words) {
        for (const place of [HOME, ROOM]) {
          await expect(world.say(word, { by, room: place, replyTo: notice.id })).resolves.toBe(
            false,
          );
          await expect(world.say(`${word} ${BOB}`, { by, room: place })).resolves.toBe(false);
        }
      }
      for (const emoji of ["👍", "✅", "👥", "👎"]) {
        await expect(world.react(emoji, notice.id, by)).resolves.toBe(false);
      }
    }
    // The owner elsewhere talks to the agent.
    await expect(world.say("status", { room: ROOM })).resolves.toBe(false);
    expect(JSON.stringify([world.cfg, world.record])).toBe(before);
    expect(world.sent).toHaveLength(1);
  });

  it("nor is the owner's, when it is about something else", async () => {
    await world.ask([ROOM, BOB]);
    const notice = await world.text(HOME, "Bob");
    await expect(world.say("who is that?", { replyTo: notice.id })).resolves.toBe(false);
    await expect(world.say("yes", { replyTo: "ff".repeat(32) })).resolves.toBe(false);
    await expect(world.react("❤️", notice.id)).resolves.toBe(false);
    await expect(world.react("👍", "ff".repeat(32))).resolves.toBe(false);
    expect(world.allowed()).toEqual([]);
  });
});
