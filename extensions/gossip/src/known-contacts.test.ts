import { bech32 } from "@scure/base";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { resolveGossipAccount } from "./accounts.ts";
import { listWanted } from "./known-contacts.ts";

const idOf = (seed: number): string =>
  bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(seed)));
const [LISTED, MEMBER, APPROVED, OWNER] = [idOf(1), idOf(2), idOf(3), idOf(4)];

async function wanted(dmPolicy: string, more: readonly string[] = []) {
  const cfg: OpenClawConfig = {
    commands: { ownerAllowFrom: [`gossip:${OWNER}`] },
    accessGroups: { crew: { type: "message.senders", members: { gossip: [MEMBER] } } },
    channels: { gossip: { dmPolicy, allowFrom: [LISTED, "accessGroup:crew", ...more] } },
  };
  const context = { cfg, account: resolveGossipAccount(cfg) };
  return await listWanted(context, { readAllowFromStore: async () => [APPROVED] });
}

it.each([
  ["pairing", [LISTED, MEMBER, APPROVED]],
  ["allowlist", [LISTED, MEMBER]],
  ["disabled", []],
])("a restore under %s looks for those who are let in, and for no others", async (policy, ids) => {
  expect(await wanted(policy)).toEqual(new Set(ids));
});

it("a restore of an account that is open to everybody looks for everybody", async () => {
  expect(await wanted("open", ["*"])).toBe("everybody");
});
