import { bech32 } from "@scure/base";
import { expect, it, vi } from "vitest";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel, type GossipContext } from "./account-channel.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { removeContact, replaceContact, showContacts } from "./cli-contacts.ts";

const idOf = (seed: number): string =>
  bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(seed)));
const [ID, NEW, OWNER] = [idOf(1), idOf(2), idOf(3)];

let written: OpenClawConfig = {};

// The host writes only for channels that it has loaded.
vi.mock("openclaw/plugin-sdk/config-mutation", () => ({
  mutateConfigFile: async ({ mutate }: { mutate: (draft: OpenClawConfig) => void }) =>
    mutate(written),
}));

function contextOf(section: object, more: OpenClawConfig = {}): GossipContext {
  const cfg = { ...more, channels: { gossip: { ...section } } };
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

/** Replaces, and gives back the section that was written. */
async function replaceIn(section: object, approved: Record<string, string[]>) {
  const context = contextOf(section);
  written = structuredClone(context.cfg);
  const answer = await replaceContact(context, ID, NEW, storeOf(approved));
  return { ...answer, section: written.channels?.["gossip"] };
}

it("gives a new phone what an approval gave the old one, under pairing", async () => {
  const { exitCode, section } = await replaceIn({ enabled: true }, { default: [ID] });
  expect(exitCode).toBe(0);
  expect(section).toMatchObject({ allowFrom: [NEW] });
});

it.each([
  ["allowlist", { enabled: true, dmPolicy: "allowlist", allowFrom: [OWNER] }],
  ["disabled", { enabled: true, dmPolicy: "disabled" }],
])("gives a new phone nothing for an approval that lies idle under %s", async (_name, before) => {
  const { exitCode, json, lines, section } = await replaceIn(before, { default: [ID] });
  expect(section).toEqual(before);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({ replaced: false, configPaths: [] });
  expect(lines).toContain(`${ID} had no access, so nothing was given to the new id.`);
  expect(lines).toContain("Approval withdrawn: account default");
});

it("shows who stands on a list and is not let in all the same, with the reason", async () => {
  const owned = { commands: { ownerAllowFrom: [`gossip:${OWNER}`] } };
  const section = { dmPolicy: "allowlist", allowFrom: [NEW] };
  const { json, lines } = await showContacts(
    contextOf(section, owned),
    storeOf({ default: [ID, NEW] }),
  );
  expect(lines).toEqual([
    "Gossip default: policy allowlist",
    `${NEW}  allowFrom, pairing`,
    `${ID}  pairing (approved, but the policy is allowlist: not let in)`,
    `${OWNER}  owner (but on no list: not let in)`,
  ]);
  expect(json).toMatchObject({ contacts: [{ isLetIn: true }, { isLetIn: false }, {}] });
});

it("says that nobody is let in where only idle entries are left", async () => {
  const section = { dmPolicy: "disabled", allowFrom: [ID] };
  const { lines } = await showContacts(contextOf(section), storeOf({}));
  expect(lines).toEqual([
    "Gossip default: policy disabled",
    `${ID}  allowFrom (but the policy is disabled: not let in)`,
    "Nobody is let in yet.",
  ]);
});
