import { bech32 } from "@scure/base";
import { expect, it } from "vitest";
import { gossipChannel, type GossipContext } from "./account-channel.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { removeContact } from "./cli-contacts.ts";

const ID = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(1)));

function contextOf(section: object): GossipContext {
  const cfg = { channels: { gossip: { ...section } } };
  return {
    channel: gossipChannel,
    cfg,
    stateDir: "/nowhere",
    account: resolveGossipAccount(cfg),
    terminal: undefined,
    now: () => 0,
    ask: async () => undefined,
    confirm: async () => {},
  };
}

function storeOf(approved: Record<string, string[]>) {
  return {
    readAllowFromStore: async ({ accountId }: { accountId: string }) => approved[accountId] ?? [],
    removeAllowFromStoreEntry: async () => ({ changed: true, allowFrom: [] }),
  };
}

it("withdraws an approval of any account", async () => {
  const context = contextOf({ accounts: { work: {} } });
  const { exitCode, lines } = await removeContact(context, ID, storeOf({ work: [ID] }));
  expect(exitCode).toBe(0);
  expect(lines).toEqual(
    expect.arrayContaining([`${ID} has no access any more.`, "Approval withdrawn: account work"]),
  );
});

it("does not call somebody locked out to whom another account is open", async () => {
  const context = contextOf({
    enabled: true,
    accounts: { club: { dmPolicy: "open", allowFrom: ["*"] } },
  });
  for (const approved of [{}, { default: [ID] }]) {
    const { exitCode, json, lines } = await removeContact(context, ID, storeOf(approved));
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ openAccounts: ["club"] });
    expect(lines.join("\n")).toContain("channels.gossip.accounts.club.dmPolicy");
    expect(lines.join("\n")).not.toMatch(/has no access|had no access/);
  }
});
