import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { describe, expect, it } from "vitest";
import { createConvosGate } from "./gate.ts";
import type { InboundMessage } from "./inbound.ts";

const OWNERS_ROOM = "0a".repeat(16);
const OTHER_ROOM = "0b".repeat(16);
const OWNER = "a1".repeat(32);
const LISTED = "b2".repeat(32);
const STRANGER = "c3".repeat(32);
const AGENT = "d4".repeat(32);
const SHUT = "e5".repeat(32);
const OURS = "01".repeat(32);

interface Scene {
  readonly section?: object;
  readonly owners?: readonly string[];
  readonly room?: string;
  readonly others?: number | undefined;
  readonly members?: readonly string[];
  readonly text?: string;
  readonly replyToId?: string;
}

// The host's own decision; only the configuration and the conversation are given.
function gateOf({ members = [OWNER], owners = [`convos:${OWNER}`], section = {}, ...rest }: Scene) {
  const others = "others" in rest ? rest.others : 1;
  const cfg: OpenClawConfig = {
    channels: { convos: { enabled: true, ...section } },
    commands: { ownerAllowFrom: [...owners] },
  };
  return createConvosGate({
    accountId: "default",
    runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
    readConfig: () => cfg,
    ownerConversation: () => OWNERS_ROOM,
    countOthers: () => others,
    listOthers: async () => members,
    isAgent: async (_conversationId, senderId) => senderId === AGENT,
    isShut: (conversationId, senderId) => conversationId === OTHER_ROOM && senderId === SHUT,
    isOurs: (_conversationId, messageId) => messageId === OURS,
  });
}

function messageFrom(senderId: string, scene: Scene): InboundMessage {
  const { replyToId, room = OTHER_ROOM, text = "hello" } = scene;
  return {
    kind: "message",
    key: "k",
    conversationId: room,
    senderId,
    sentAtMs: 0,
    arrivedAtMs: 0,
    messageId: "02".repeat(32),
    text,
    ...(replyToId === undefined ? {} : { replyToId }),
  };
}

async function decide(senderId: string, scene: Scene = {}): Promise<string> {
  return (await gateOf(scene).decide(messageFrom(senderId, scene))).kind;
}

async function isAsking(senderId: string, scene: Scene = {}): Promise<boolean> {
  return gateOf(scene).isAsking(messageFrom(senderId, scene));
}

async function decideAll(scene: Scene): Promise<string[]> {
  return Promise.all([OWNER, LISTED, STRANGER].map((senderId) => decide(senderId, scene)));
}

describe("who is heard", () => {
  const listed = { groupAllowFrom: [LISTED] };
  it.each([
    ["the owner's", { room: OWNERS_ROOM, section: listed }, ["allow", "block", "block"]],
    [
      "the owner's, although all others are open",
      { room: OWNERS_ROOM, section: { groupPolicy: "open" } },
      ["allow", "block", "block"],
    ],
    [
      "the owner's, with nobody as owner",
      { room: OWNERS_ROOM, owners: ["*", "gossip:x"], section: listed },
      ["block", "block", "block"],
    ],
    ["one with a list", { section: listed }, ["allow", "allow", "block"]],
    ["an open one", { section: { groupPolicy: "open" } }, ["allow", "allow", "allow"]],
    [
      "one with a list of its own",
      { section: { groups: { [OTHER_ROOM]: { allowFrom: [LISTED] } } } },
      ["allow", "allow", "block"],
    ],
    [
      "one where only another has a list",
      { section: { groups: { [OWNERS_ROOM]: { allowFrom: [LISTED] } } } },
      ["allow", "block", "block"],
    ],
    [
      "one that is open by itself",
      { section: { groups: { [OTHER_ROOM]: { allowFrom: ["*"] } } } },
      ["allow", "allow", "allow"],
    ],
    [
      "the owner's, although it is open by itself",
      { room: OWNERS_ROOM, section: { groups: { "*": { allowFrom: ["*"] } } } },
      ["allow", "block", "block"],
    ],
    [
      "any, when groups are disabled",
      { room: OWNERS_ROOM, section: { groupPolicy: "disabled" } },
      ["block", "block", "block"],
    ],
    [
      "one that is switched off",
      { section: { groupPolicy: "open", groups: { [OTHER_ROOM]: { enabled: false } } } },
      ["block", "block", "block"],
    ],
    [
      "one that we are not in any more",
      { others: undefined, section: { groupPolicy: "open" } },
      ["block", "block", "block"],
    ],
  ])("in a conversation: %s", async (_what, scene: Scene, expected) => {
    await expect(decideAll(scene)).resolves.toEqual(expected);
  });

  it("the owner conversation lacks an owner although somebody owns another account", async () => {
    const scene = { members: [STRANGER] };
    await expect(gateOf(scene).lacksOwner(OWNERS_ROOM)).resolves.toBe(true);
    await expect(gateOf(scene).lacksOwner(OTHER_ROOM)).resolves.toBe(false);
    await expect(gateOf({}).lacksOwner(OWNERS_ROOM)).resolves.toBe(false);
    await expect(gateOf({ owners: ["gossip:x"] }).lacksOwner(OWNERS_ROOM)).resolves.toBe(true);
  });

  it("nobody gets a pairing code where all would read it", async () => {
    await expect(decide(STRANGER, { section: { dmPolicy: "pairing" } })).resolves.toBe("block");
  });

  it("a message waits for its sender's approval only where he may have one", async () => {
    const gate = gateOf({ section: { groupAllowFrom: [LISTED] }, others: 5 });
    await expect(gate.isAdmitted(OTHER_ROOM, LISTED)).resolves.toBe(true);
    await expect(gate.isAdmitted(OTHER_ROOM, STRANGER)).resolves.toBe(false);
    await expect(gate.isAdmitted(OWNERS_ROOM, LISTED)).resolves.toBe(false);
  });
});

describe("with one other member", () => {
  it("no mention is needed", async () => {
    await expect(decide(OWNER, { others: 1 })).resolves.toBe("allow");
  });

  it("one is, where the configuration asks for it", async () => {
    const section = { groups: { "*": { requireMention: true } } };
    await expect(decide(OWNER, { section })).resolves.toBe("skip");
  });
});

describe("with two other members", () => {
  it.each([
    ["the name", "so, OpenClaw, what now?", "allow"],
    ["the name in another case, with an @", "@openclaw what now?", "allow"],
    ["a longer word that begins with the name", "openclaws are sharp", "skip"],
    ["nothing of it", "what now?", "skip"],
  ])("a message with %s is judged by that", async (_what, text, expected) => {
    await expect(decide(OWNER, { others: 2, text })).resolves.toBe(expected);
  });

  it("a reply to the agent needs no name, one to somebody else does", async () => {
    await expect(decide(OWNER, { others: 2, replyToId: OURS })).resolves.toBe("allow");
    const replyToId = "09".repeat(32);
    await expect(decide(OWNER, { others: 2, replyToId })).resolves.toBe("skip");
  });

  it("the configured name is the word that calls", async () => {
    const scene = { others: 2, section: { name: "Dr. (No)" } };
    await expect(decide(OWNER, { ...scene, text: "hi dr. (no)!" })).resolves.toBe("allow");
    await expect(decide(OWNER, { ...scene, text: "hi drx no" })).resolves.toBe("skip");
  });

  it("none is needed where the configuration says so", async () => {
    const section = { groups: { [OTHER_ROOM]: { requireMention: false } } };
    await expect(decide(OWNER, { others: 2, section })).resolves.toBe("allow");
  });
});

describe("another agent", () => {
  const section = { groupPolicy: "open" };

  it("needs a mention even alone with us, and where the configuration asks nobody for one", async () => {
    const free = { ...section, groups: { "*": { requireMention: false } } };
    await expect(decide(AGENT, { section })).resolves.toBe("skip");
    await expect(decide(AGENT, { section: free })).resolves.toBe("skip");
    await expect(decide(AGENT, { section, text: "OpenClaw?" })).resolves.toBe("allow");
    await expect(decide(AGENT, { section, replyToId: OURS })).resolves.toBe("allow");
  });

  it("that is the owner is the owner", async () => {
    await expect(decide(AGENT, { owners: [`convos:${AGENT}`] })).resolves.toBe("allow");
  });
});

describe("commands of the host", () => {
  it.each([
    ["with a list", { groupAllowFrom: [LISTED] }],
    ["that is open", { groupPolicy: "open" }],
  ])("are the owner's in a conversation %s", async (_what, section) => {
    await expect(decideAll({ section, text: "/status" })).resolves.toEqual([
      "allow",
      "block",
      "block",
    ]);
  });
});

describe("somebody who was shut out a moment ago", () => {
  it("is not heard, whatever the configuration still says", async () => {
    await expect(decide(SHUT, { section: { groupPolicy: "open" } })).resolves.toBe("block");
    const gate = gateOf({ section: { groupAllowFrom: [SHUT] } });
    await expect(gate.isAdmitted(OTHER_ROOM, SHUT)).resolves.toBe(false);
    await expect(isAsking(SHUT)).resolves.toBe(false);
  });
});

describe("who is asked about", () => {
  it("is who addresses the agent and is on no list", async () => {
    await expect(isAsking(STRANGER)).resolves.toBe(true);
    await expect(isAsking(STRANGER, { others: 3 })).resolves.toBe(false);
    await expect(isAsking(STRANGER, { others: 3, text: "OpenClaw, hi" })).resolves.toBe(true);
    await expect(isAsking(AGENT)).resolves.toBe(false);
  });

  it.each([
    ["in the owner conversation", { room: OWNERS_ROOM }],
    ["with a command of the host", { text: "/status" }],
    ["where groups are disabled", { section: { groupPolicy: "disabled" } }],
    ["in a quiet conversation", { section: { groups: { "*": { enabled: false } } } }],
    ["in one that we are not in any more", { others: undefined }],
  ])("is nobody %s", async (_where, scene: Scene) => {
    await expect(isAsking(STRANGER, scene)).resolves.toBe(false);
  });
});

describe("what goes out", () => {
  const section = { groupAllowFrom: [LISTED, SHUT] };
  const answer = { purpose: "message", to: OTHER_ROOM } as const;

  it("is an answer to somebody who is heard, and to nobody else", async () => {
    const gate = gateOf({ section });
    const asked = [OWNER, LISTED, STRANGER, SHUT];
    const verdicts = await Promise.all(
      asked.map((askedBy) => gate.mayResend({ ...answer, askedBy })),
    );
    expect(verdicts).toEqual([true, true, false, false]);
  });

  it("is what nobody asked for while the conversation is open, and what the operator wrote always", async () => {
    const quiet = gateOf({ section: { ...section, groups: { [OTHER_ROOM]: { enabled: false } } } });
    expect(await gateOf({ section }).mayResend(answer)).toBe(true);
    expect(await quiet.mayResend(answer)).toBe(false);
    expect(await quiet.mayResend({ ...answer, purpose: "operator", askedBy: STRANGER })).toBe(true);
  });
});
