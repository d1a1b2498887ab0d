// Who reaches the agent under which policy, by the host's own decision; only the list of approvals is given.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bech32 } from "@scure/base";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { beforeEach, afterEach, describe, expect, it, vi } from "vitest";
import { createGossipGate } from "./gate.ts";

const idOf = (fill: number): string =>
  bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(fill)));

const SENDERS = {
  owner: idOf(1),
  paired: idOf(2),
  listed: idOf(3),
  unknown: idOf(4),
  removed: idOf(5),
  self: idOf(6),
};
type Sender = keyof typeof SENDERS;

let stateDir = "";
let cfg: OpenClawConfig = {};
let approved: string[] = [];

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "gossip-matrix-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  approved = [SENDERS.paired, SENDERS.removed];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

const gate = createGossipGate({
  accountId: "default",
  runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
  readConfig: () => cfg,
  readApproved: async () => approved,
});

type Policy = "pairing" | "allowlist" | "open" | "disabled";

function setPolicy(dmPolicy: Policy, listed: readonly Sender[] = ["listed"]): void {
  const allowFrom = dmPolicy === "open" ? ["*"] : listed.map((sender) => SENDERS[sender]);
  cfg = {
    commands: { ownerAllowFrom: [`gossip:${SENDERS.owner}`] },
    channels: { gossip: { enabled: true, dmPolicy, allowFrom } },
  };
}

async function decideAll(): Promise<Record<string, string>> {
  const decisions: Record<string, string> = {};
  for (const [sender, peer] of Object.entries(SENDERS)) {
    const ids = { key: sender, peer, messageId: sender, text: "hello" };
    const decision = await gate.decide({ kind: "message", ...ids, sentAtMs: 0, arrivedAtMs: 0 });
    decisions[sender] = decision.kind;
  }
  return decisions;
}

const PAIRING = {
  // Being the owner is a right over commands; it is not an entry in a list of who may write.
  owner: "pairing",
  paired: "allow",
  listed: "allow",
  unknown: "pairing",
  removed: "pairing",
  self: "pairing",
};
const ALLOWLIST = {
  owner: "block",
  paired: "block",
  listed: "allow",
  unknown: "block",
  removed: "block",
  self: "block",
};
const everybody = (kind: string): Record<string, string> =>
  Object.fromEntries(Object.keys(SENDERS).map((sender) => [sender, kind]));

const TABLE: Record<Policy, Record<string, string>> = {
  pairing: PAIRING,
  allowlist: ALLOWLIST,
  open: everybody("allow"),
  disabled: everybody("block"),
};
const policies = Object.keys(TABLE).filter((key): key is Policy => key in TABLE);

describe.each(policies)("under %s", (policy) => {
  it("each kind of sender is treated as the table says", async () => {
    approved = [SENDERS.paired];
    setPolicy(policy);
    expect(await decideAll()).toEqual(TABLE[policy]);
  });

  it.each(policies)(
    "the next message after a change from %s goes by the new policy",
    async (before) => {
      setPolicy(before);
      await decideAll();
      approved = [SENDERS.paired];
      setPolicy(policy);
      expect(await decideAll()).toEqual(TABLE[policy]);
    },
  );
});

it("a person removed from the list or from the approvals is a stranger with the next message", async () => {
  setPolicy("allowlist", ["listed", "removed"]);
  expect(await decideAll()).toMatchObject({ removed: "allow" });
  setPolicy("allowlist");
  expect(await decideAll()).toMatchObject({ removed: "block" });
  setPolicy("pairing");
  expect(await decideAll()).toMatchObject({ removed: "allow" });
  approved = [SENDERS.paired];
  expect(await decideAll()).toMatchObject({ removed: "pairing" });
});
