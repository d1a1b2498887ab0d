import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { describe, expect, it } from "vitest";
import { createDirectAccess, joinGates, type DirectAccess } from "./direct-access.ts";
import { createConvosGate } from "./gate.ts";
import type { InboundFacts, InboundMessage } from "./inbound.ts";

const CHAT = "0c".repeat(16);
const ROOM = "0b".repeat(16);
const OWNER = "a1".repeat(32);
const LISTED = "b2".repeat(32);
const APPROVED = "c3".repeat(32);
const SHUT = "e5".repeat(32);
const STRANGER = "d4".repeat(32);

// The host's own decision; only the configuration and its approvals are given.
function accessOf(section: object): { cfg: OpenClawConfig; directs: DirectAccess } {
  const cfg: OpenClawConfig = {
    channels: { convos: { enabled: true, allowFrom: [LISTED], ...section } },
    commands: { ownerAllowFrom: [`convos:${OWNER}`] },
  };
  const directs = createDirectAccess({
    accountId: "default",
    runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
    readConfig: () => cfg,
    isShut: (senderId) => senderId === SHUT,
    readApproved: async () => [APPROVED],
  });
  return { cfg, directs };
}

const base = { key: "k", conversationId: CHAT, direct: true, sentAtMs: 0, arrivedAtMs: 0 } as const;

function message(senderId: string): InboundMessage {
  return { kind: "message", ...base, senderId, messageId: "02".repeat(32), text: "hello" };
}

function reaction(senderId: string): InboundFacts {
  return { kind: "reaction", ...base, senderId, targetId: "02".repeat(32), removed: false };
}

describe("who is heard in a direct conversation", () => {
  const people = [OWNER, LISTED, APPROVED, STRANGER];
  it.each([
    ["pairing", {}, ["allow", "allow", "allow", "pairing"]],
    ["allowlist", { dmPolicy: "allowlist" }, ["allow", "allow", "block", "block"]],
    ["open", { dmPolicy: "open", allowFrom: ["*"] }, ["allow", "allow", "allow", "allow"]],
    ["disabled", { dmPolicy: "disabled" }, ["block", "block", "block", "block"]],
  ])("under %s", async (_policy, section, expected) => {
    const { directs } = accessOf(section);
    const kinds = await Promise.all(
      people.map(async (senderId) => (await directs.decide(message(senderId))).kind),
    );
    expect(kinds).toEqual(expected);
    const reactions = await Promise.all(
      people.map(async (senderId) => (await directs.decide(reaction(senderId))).kind),
    );
    // A reaction never gets a code.
    expect(reactions).toEqual(expected.map((kind) => (kind === "pairing" ? "block" : kind)));
  });

  it("is nobody whom the owner shut out, whatever the configuration still says", async () => {
    const { directs } = accessOf({ allowFrom: [SHUT] });
    expect((await directs.decide(message(SHUT))).kind).toBe("block");
    await expect(directs.isAdmitted(SHUT)).resolves.toBe(false);
  });

  it.each([
    ["with an owner", { commands: { ownerAllowFrom: [`convos:${OWNER}`] } }],
    ["with nobody as owner", { commands: {} }],
  ])("commands nothing unless he is owner, %s", async (_which, commands) => {
    const { cfg, directs } = accessOf({});
    Object.assign(cfg, commands);
    const kinds = async (text: string) =>
      Promise.all(
        [LISTED, APPROVED, STRANGER].map(async (senderId) => {
          const facts = { ...message(senderId), text };
          const binding = { agentId: "main", sessionKey: "s", messageId: "m" } as const;
          const bound = await directs.bind([facts], {
            ...binding,
            inboundEventKind: "user_request",
          });
          return [(await directs.decide(facts)).kind, bound !== undefined];
        }),
      );
    expect(await kinds("hello")).toEqual([
      ["allow", true],
      ["allow", true],
      ["pairing", false],
    ]);
    expect(await kinds("/status")).toEqual([
      ["block", false],
      ["block", false],
      ["pairing", false],
    ]);
  });

  it("has the owner's commands", async () => {
    const { directs } = accessOf({});
    const decision = await directs.decide({ ...message(OWNER), text: "/status" });
    expect(decision).toEqual({ kind: "allow", isCommandAuthorized: true });
  });

  it("gets answers, a code, or nothing, and what the operator writes in any case", async () => {
    const { directs } = accessOf({});
    const answers = people.map(async (senderId) => [
      await directs.mayAnswer(senderId, "message"),
      await directs.mayAnswer(senderId, "pairing"),
      await directs.mayAnswer(senderId, "operator"),
    ]);
    expect(await Promise.all(answers)).toEqual([
      [true, false, true],
      [true, false, true],
      [true, false, true],
      [false, true, true],
    ]);
  });
});

describe("the gate of both kinds of conversations", () => {
  const { cfg, directs } = accessOf({ groupAllowFrom: [STRANGER] });
  const groups = createConvosGate({
    accountId: "default",
    runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
    readConfig: () => cfg,
    ownerConversation: () => undefined,
    listOthers: async () => [],
    countOthers: (id) => (id === ROOM ? 1 : undefined),
    isAgent: async () => false,
    isShut: () => false,
    isOurs: () => false,
  });
  const gate = joinGates(groups, directs, (id) => (id === CHAT ? LISTED : undefined));

  it("asks each kind's own rules: who is listed for one is nobody in the other", async () => {
    const { direct: _direct, ...inRoom } = message(STRANGER);
    expect((await gate.decide({ ...inRoom, conversationId: ROOM })).kind).toBe("allow");
    expect((await gate.decide(message(STRANGER))).kind).toBe("pairing");
    expect(await gate.isAdmitted(CHAT, LISTED)).toBe(true);
    expect(await gate.isAdmitted(ROOM, LISTED)).toBe(false);
    // Nobody but the one it is with is in a direct conversation, whoever is listed.
    expect(await gate.isAdmitted(CHAT, OWNER)).toBe(false);
  });

  it("lets nothing out to a conversation that is over", async () => {
    expect(await gate.mayResend({ purpose: "message", to: CHAT })).toBe(true);
    expect(await gate.mayResend({ purpose: "pairing", to: CHAT })).toBe(false);
    expect(await gate.mayResend({ purpose: "message", to: "0d".repeat(16) })).toBe(false);
  });
});
