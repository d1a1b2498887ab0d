import { bech32 } from "@scure/base";
import { expect, it } from "vitest";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import { admitReplacement } from "./admit-replacement.ts";

const [PAT, NEW] = [idOf(1), idOf(2)];

function idOf(seed: number): string {
  return bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(seed)));
}

it.each([
  ["the section's, while the account is the only one", {}, ["channels.gossip.allowFrom"]],
  [
    "the section's, while every other account has a list of its own",
    { accounts: { work: { allowFrom: [PAT] } } },
    ["channels.gossip.allowFrom"],
  ],
  [
    "one of its own, while others go by the section's",
    { accounts: { work: {} } },
    ["channels.gossip.accounts.default.allowFrom"],
  ],
])("a new id of the default account stands on %s", (_where, more, paths) => {
  const cfg = { channels: { gossip: { enabled: true, allowFrom: [PAT], ...more } } };
  const ids = listGossipAccountIds(cfg);
  expect(admitReplacement(cfg, ["default"], NEW)).toEqual(paths);
  expect(listGossipAccountIds(cfg).toSorted()).toEqual(ids.toSorted());
  expect(resolveGossipAccount(cfg).allowFrom).toEqual([PAT, NEW]);
  const others = ids.filter((id) => id !== "default");
  expect(others.flatMap((id) => resolveGossipAccount(cfg, id).allowFrom)).not.toContain(NEW);
});

it("a new id of a named account stands on a list of that account, with what it inherited", () => {
  const cfg = { channels: { gossip: { allowFrom: [PAT], accounts: { work: {} } } } };
  expect(admitReplacement(cfg, ["work", "gone"], NEW)).toEqual([
    "channels.gossip.accounts.work.allowFrom",
  ]);
  expect(resolveGossipAccount(cfg, "work").allowFrom).toEqual([PAT, NEW]);
  expect(resolveGossipAccount(cfg).allowFrom).toEqual([PAT]);
  expect(admitReplacement(cfg, ["work"], NEW)).toEqual([]);
});
