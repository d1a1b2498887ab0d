// Who reaches the agent under which rules, by the host's own decision; only the list of approvals is given.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { messageFrom, peerIdOf } from "../test-support/facts.ts";
import { createMeshGate } from "./gate.ts";

const US = peerIdOf(9);
const SENDERS = {
  owner: peerIdOf(1),
  paired: peerIdOf(2),
  listed: peerIdOf(3),
  heard: peerIdOf(4),
  unknown: peerIdOf(5),
};

let stateDir = "";
let section: Record<string, unknown> = {};
let approved: string[] = [];

const gate = createMeshGate({
  accountId: "default",
  userId: US,
  runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
  readConfig: (): OpenClawConfig => ({
    commands: { ownerAllowFrom: [`mesh:${SENDERS.owner}`] },
    channels: { mesh: { enabled: true, channels: ["lobby", "#dev"], ...section } },
  }),
  isOurs: (to, messageId) => to === "lobby" && messageId === "ours",
  readApproved: async () => approved,
});

beforeAll(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "mesh-gate-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});
beforeEach(() => {
  approved = [SENDERS.paired];
  section = {};
});

async function decideAll(more: Parameters<typeof messageFrom>[1]): Promise<Record<string, string>> {
  const decisions: Record<string, string> = {};
  for (const [name, id] of Object.entries(SENDERS)) {
    decisions[name] = (await gate.decide(messageFrom(id, more))).kind;
  }
  return decisions;
}

const all = (kind: string): Record<string, string> =>
  Object.fromEntries(Object.keys(SENDERS).map((name) => [name, kind]));

describe("directly", () => {
  it.each([
    ["pairing", { ...all("pairing"), owner: "allow", paired: "allow", listed: "allow" }],
    ["allowlist", { ...all("block"), owner: "allow", listed: "allow" }],
    ["disabled", all("block")],
  ])("%s", async (dmPolicy, expected) => {
    section = { dmPolicy, allowFrom: [SENDERS.listed] };
    expect(await decideAll({})).toEqual(expected);
  });

  it("open lets in everybody who signs", async () => {
    section = { dmPolicy: "open", allowFrom: ["*"], allowUnverified: true };
    expect(await decideAll({})).toEqual(all("allow"));
    expect((await gate.decide(messageFrom("unverified:1", { verified: false }))).kind).toBe(
      "block",
    );
  });
});

describe("in a channel", () => {
  const CALL = { channelId: "lobby", text: "OpenClaw, hello" };

  it.each([
    ["allowlist", { ...all("block"), owner: "allow", heard: "allow" }],
    ["open", all("allow")],
    ["disabled", all("block")],
  ])("%s", async (groupPolicy, expected) => {
    section = { groupPolicy, groupAllowFrom: [SENDERS.heard] };
    expect(await decideAll(CALL)).toEqual(expected);
    expect(Object.values(await decideAll(CALL))).not.toContain("pairing");
  });

  it("has rules of its own, which add to those of all", async () => {
    section = { groups: { "*": { allowFrom: [SENDERS.heard] }, "#dev": { enabled: false } } };
    expect((await decideAll(CALL))["heard"]).toBe("allow");
    expect(await decideAll({ ...CALL, channelId: "#dev" })).toEqual(all("block"));
    section = { groups: { lobby: { allowFrom: [SENDERS.unknown], requireMention: false } } };
    expect((await decideAll({ channelId: "lobby" }))["unknown"]).toBe("allow");
  });

  it("that the account does not listen to is closed", async () => {
    section = { groupPolicy: "open" };
    expect(await decideAll({ ...CALL, channelId: "elsewhere" })).toEqual(all("block"));
  });

  it.each([
    ["hello everybody", "skip"],
    ["openclaw: hello", "allow"],
    ["hello @OpenClaw!", "allow"],
    ["OpenClawBot, hello", "skip"],
    [`hello ${US}`, "allow"],
    [`hello ${US}x`, "skip"],
    ["/status", "skip"],
  ])("is for us or not: %s", async (text, kind) => {
    section = { groupAllowFrom: [SENDERS.heard] };
    expect((await gate.decide(messageFrom(SENDERS.heard, { channelId: "lobby", text }))).kind).toBe(
      kind,
    );
  });

  it("an answer to us is for us, in the channel where we said it", async () => {
    section = { groupAllowFrom: [SENDERS.heard] };
    const answer = { replyToId: "ours", text: "thanks" };
    const decide = async (channelId: string) =>
      (await gate.decide(messageFrom(SENDERS.heard, { channelId, ...answer }))).kind;
    expect([await decide("lobby"), await decide("#dev")]).toEqual(["allow", "skip"]);
  });

  it("an unsigned message is heard only where everybody is and the operator wants it", async () => {
    const unsigned = messageFrom("unverified:1", { ...CALL, verified: false });
    const kinds = [];
    for (const own of [{}, { groupPolicy: "open" }, { allowUnverified: true }]) {
      section = own;
      kinds.push((await gate.decide(unsigned)).kind);
    }
    section = { groupPolicy: "open", allowUnverified: true };
    kinds.push((await gate.decide(unsigned)).kind);
    expect(kinds).toEqual(["block", "block", "block", "allow"]);
  });
});

function may(
  to: string,
  purpose: "message" | "operator" | "pairing",
  askedBy?: string,
): Promise<boolean> {
  return gate.mayResend({ to, purpose, ...(askedBy === undefined ? {} : { askedBy }) });
}

describe("what we may write", () => {
  it("is what the operator says, a code to who would get one, and answers to who is heard", async () => {
    section = { groupAllowFrom: [SENDERS.heard] };
    expect(await may(SENDERS.unknown, "operator")).toBe(true);
    expect(await may(SENDERS.unknown, "pairing")).toBe(true);
    expect(await may(SENDERS.unknown, "message")).toBe(false);
    expect(await may(SENDERS.paired, "pairing")).toBe(false);
    expect(await may(SENDERS.paired, "message")).toBe(true);
    expect(await may("lobby", "message", SENDERS.heard)).toBe(true);
    expect(await may("lobby", "message", SENDERS.unknown)).toBe(false);
    expect(await may("lobby", "message")).toBe(true);
    expect(await may("lobby", "operator")).toBe(true);
    expect(await may("elsewhere", "operator")).toBe(false);
    section = { groupPolicy: "disabled" };
    expect(await may("lobby", "message")).toBe(false);
  });
});

it("nobody passes for a listed peer, in 1500 attempts", async () => {
  const { listed } = SENDERS;
  const near = fc
    .oneof(
      fc.nat({ max: 42 }).map((at) => listed.slice(0, at) + "_" + listed.slice(at + 1)),
      fc.constantFrom(listed.toLowerCase(), listed.toUpperCase(), `${listed}=`, `${listed}\0`),
      fc.constantFrom("*", "unverified:1", "__proto__", `mesh:mesh:${listed}`, `${listed}@lobby`),
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => Buffer.from(bytes).toString("base64url")),
    )
    .filter((text) => text !== listed);
  await fc.assert(
    fc.asyncProperty(near, fc.boolean(), async (sender, isGroup) => {
      section = { dmPolicy: "allowlist", allowFrom: [listed], groupAllowFrom: [listed] };
      const place = isGroup ? { channelId: "lobby", text: "OpenClaw?" } : {};
      expect((await gate.decide(messageFrom(sender, place))).kind).toBe("block");
    }),
    { numRuns: 1500, seed: 7 },
  );
}, 60_000);
