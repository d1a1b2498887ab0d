import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bech32 } from "@scure/base";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createGossipGate } from "./gate.ts";
import type { InboundFacts } from "./inbound.ts";

function idOf(fill: number): string {
  return bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(fill)));
}

const LISTED = idOf(1);
const STRANGER = idOf(2);

let stateDir = "";
let section: unknown = {};
let accessGroups: NonNullable<OpenClawConfig["accessGroups"]> = {};
let owners: string[] = [];

// The host's own decision, on a state directory of our own; only the configuration is given.
const gate = createGossipGate({
  accountId: "default",
  runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
  readConfig: (): OpenClawConfig => ({
    channels: { gossip: section },
    accessGroups,
    commands: { ownerAllowFrom: owners },
  }),
});

beforeAll(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "gossip-gate-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

function message(peer: string): InboundFacts {
  return {
    kind: "message",
    key: "k",
    peer,
    sentAtMs: 0,
    arrivedAtMs: 0,
    messageId: "m",
    text: "hello",
  };
}

function reaction(peer: string): InboundFacts {
  const targetId = "000000000000000000000000";
  return {
    kind: "reaction",
    key: "k",
    peer,
    sentAtMs: 0,
    arrivedAtMs: 0,
    targetId,
    removed: false,
  };
}

async function decide(facts: InboundFacts): Promise<string> {
  return (await gate.decide(facts)).kind;
}

describe("who may write", () => {
  it.each([["gossip"], ["*"]])(
    "members of a group of the host that is on the list (%s)",
    async (key) => {
      section = { dmPolicy: "allowlist", allowFrom: ["accessGroup:crew"] };
      accessGroups = { crew: { type: "message.senders", members: { [key]: [LISTED] } } };
      expect(await decide(message(LISTED))).toBe("allow");
      expect(await decide(message(STRANGER))).not.toBe("allow");
      accessGroups = {};
      expect(await decide(message(LISTED))).not.toBe("allow");
    },
  );

  it.each([
    ["pairing", { dmPolicy: "pairing" }, "pairing", "pairing"],
    ["pairing with a list", { dmPolicy: "pairing", allowFrom: [LISTED] }, "allow", "pairing"],
    ["allowlist", { dmPolicy: "allowlist", allowFrom: [LISTED] }, "allow", "block"],
    ["open", { dmPolicy: "open", allowFrom: ["*"] }, "allow", "allow"],
    ["disabled", { dmPolicy: "disabled", allowFrom: [LISTED] }, "block", "block"],
    ["nothing configured", {}, "pairing", "pairing"],
  ])("under %s", async (_policy, rules, listed, stranger) => {
    section = { enabled: true, ...rules };
    await expect(decide(message(LISTED))).resolves.toBe(listed);
    await expect(decide(message(STRANGER))).resolves.toBe(stranger);
  });

  it.each([
    ["upper case", LISTED.toUpperCase(), "allow"],
    ["the channel in front", `gossip:${LISTED}`, "allow"],
    ["white space around", ` ${LISTED} `, "allow"],
    ["mixed case", `Gossip${LISTED.slice(6)}`, "pairing"],
    ["the channel twice in front", `gossip:gossip:${LISTED}`, "pairing"],
    ["a prefix of it", LISTED.slice(0, 20), "pairing"],
  ])("when the list has the id in %s", async (_what, entry, expected) => {
    section = { enabled: true, allowFrom: [entry] };
    await expect(decide(message(LISTED))).resolves.toBe(expected);
  });

  it("changes with the configuration, from one message to the next", async () => {
    section = { enabled: true, dmPolicy: "allowlist", allowFrom: [LISTED, STRANGER] };
    await expect(decide(message(LISTED))).resolves.toBe("allow");
    section = { enabled: true, dmPolicy: "allowlist", allowFrom: [STRANGER] };
    await expect(decide(message(LISTED))).resolves.toBe("block");
  });

  it("is nobody at all when the configuration cannot be read", async () => {
    section = { enabled: true, dmPolicy: "everyone" };
    await expect(decide(message(LISTED))).rejects.toMatchObject({ code: "config_invalid" });
  });
});

describe("a reaction of a stranger", () => {
  it.each(["pairing", "disabled"])("has no effect and gets no code under %s", async (dmPolicy) => {
    section = { enabled: true, dmPolicy };
    await expect(decide(reaction(STRANGER))).resolves.toBe("block");
  });
});

describe("a contact request", () => {
  const listed = { dmPolicy: "allowlist", allowFrom: [LISTED] };

  it.each([
    ["of a stranger, by default", {}, STRANGER, "accepted"],
    [
      "of a stranger, when only the allowed are accepted",
      { autoAccept: "allowed" },
      STRANGER,
      "rejected",
    ],
    ["of somebody on the list", { autoAccept: "allowed", ...listed }, LISTED, "trusted"],
    ["of a stranger under an allowlist, as the documentation says", listed, STRANGER, "accepted"],
    [
      "of anybody, when everybody may write",
      { dmPolicy: "open", allowFrom: ["*"] },
      STRANGER,
      "accepted",
    ],
    [
      "of somebody on the list, when everybody may write",
      { dmPolicy: "open", allowFrom: ["*", LISTED] },
      LISTED,
      "trusted",
    ],
    [
      "of anybody, when nobody may write",
      { dmPolicy: "disabled", allowFrom: [LISTED] },
      LISTED,
      "rejected",
    ],
  ])("%s", async (_what, rules, peer, verdict) => {
    section = { enabled: true, ...rules };
    await expect(gate.judgeContact(peer)).resolves.toBe(verdict);
  });
});

describe("whom the operator let in, when everybody may write", () => {
  it("is the owner, and nobody who only came", async () => {
    section = { enabled: true, dmPolicy: "open", allowFrom: ["*"] };
    owners = ["*", `gossip:${LISTED}`];
    await expect(gate.isNamed(LISTED)).resolves.toBe(true);
    await expect(gate.isNamed(STRANGER)).resolves.toBe(false);
    owners = [];
    await expect(gate.isNamed(LISTED)).resolves.toBe(false);
  });

  it("is who was approved by pairing, as far as that can be read", async () => {
    section = { enabled: true, dmPolicy: "open", allowFrom: ["*"] };
    let approvals: () => Promise<string[]> = () => Promise.resolve([LISTED]);
    const paired = createGossipGate({
      accountId: "default",
      runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
      readConfig: (): OpenClawConfig => ({ channels: { gossip: section } }),
      readApproved: () => approvals(),
    });
    await expect(paired.isNamed(LISTED)).resolves.toBe(true);
    approvals = () => Promise.reject(new Error("unreadable"));
    await expect(paired.isNamed(LISTED)).resolves.toBe(false);
  });
});

describe("a message of an earlier attempt", () => {
  const rules = {
    pairing: { dmPolicy: "pairing", allowFrom: [LISTED] },
    allowlist: { dmPolicy: "allowlist", allowFrom: [LISTED] },
    disabled: { dmPolicy: "disabled", allowFrom: [LISTED] },
  };

  it.each([
    ["an answer to somebody allowed", "message", LISTED, "allowlist", true],
    ["an answer to somebody taken off the list", "message", STRANGER, "allowlist", false],
    ["an answer when nobody may write any more", "message", LISTED, "disabled", false],
    ["the operator's own word to a stranger", "operator", STRANGER, "allowlist", true],
    ["the operator's own word when nobody may write", "operator", STRANGER, "disabled", true],
    ["a pairing code", "pairing", STRANGER, "pairing", true],
    ["a pairing code after the policy changed", "pairing", STRANGER, "allowlist", false],
    ["a pairing code for somebody allowed meanwhile", "pairing", LISTED, "pairing", false],
  ] as const)("%s", async (_what, purpose, to, policy, isSent) => {
    section = { enabled: true, ...rules[policy] };
    await expect(gate.mayResend({ purpose, to })).resolves.toBe(isSent);
  });
});
