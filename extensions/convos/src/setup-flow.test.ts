import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInvite, keyFromHex } from "convos-node-sdk/invite";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { scriptPrompter } from "../../../test/support/scripted-prompter.ts";
import { claimIdentity } from "./claim-identity.ts";
import { resolveConvosAccount } from "./accounts.ts";
import { listInvites } from "./pending-invites.ts";
import { runConvosSetup } from "./setup-flow.ts";

const key = keyFromHex("22".repeat(32));
const { url: LINK } = createInvite({
  privateKey: key.privateKey,
  creatorInboxId: key.inboxId,
  conversationId: "0a".repeat(16),
  tag: "tag",
  network: "dev",
  name: "Family",
});

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-setup-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

async function setUp(answers: readonly (string | boolean)[], cfg: OpenClawConfig = {}) {
  const script = scriptPrompter(answers);
  const result = await runConvosSetup({
    cfg,
    prompter: script.prompter,
    accountOverrides: {},
    shouldPromptAccountIds: false,
    configured: false,
    label: "Convos",
    forceAllowFrom: false,
    runtime: { log: () => undefined, error: () => undefined, exit: () => undefined },
  });
  const { channels, session } = result.cfg;
  return { ...script, section: channels?.["convos"], session };
}

it("takes an invite, asks once, and leaves an identity with the sealed invite for the gateway", async () => {
  const done = await setUp(["join", "no invite at all", LINK, true]);
  expect(done.refused).toHaveLength(1);
  expect(done.asked.at(-1)).toBe('Invite to "Family". Join it?');
  expect(done.section).toEqual({ enabled: true, env: "dev" });
  expect(done.notes.join("\n")).not.toContain(LINK.slice(-12));

  const account = resolveConvosAccount({ channels: { convos: { enabled: true } } });
  const { signal } = new AbortController();
  const claimed = await claimIdentity({ stateDir, account, signal });
  const place = { folder: claimed.folder.path, identity: claimed.identity };
  expect((await listInvites(place)).map(({ text }) => text)).toEqual([LINK]);
  await claimed.lock.release();
});

it("without an invite, or with one that is not wanted, makes no identity", async () => {
  expect((await setUp(["join", ""])).section).toEqual({ enabled: true });
  expect((await setUp(["join", LINK, false])).section).toEqual({ enabled: true });
  expect((await setUp(["later"])).section).toEqual({ enabled: true });
  expect(existsSync(path.join(stateDir, "sessions"))).toBe(false);
  const account = resolveConvosAccount({ channels: { convos: { enabled: true } } });
  const { signal } = new AbortController();
  await expect(claimIdentity({ stateDir, account, signal })).rejects.toMatchObject({
    code: "identity_missing",
    message: expect.stringContaining("openclaw channels add --channel convos"),
  });
});

it("does not take an invite of another network for an account that is at home in one", async () => {
  const cfg = { channels: { convos: { enabled: true, ownerConversationId: "0b".repeat(16) } } };
  await expect(setUp(["join", LINK, true], cfg)).rejects.toThrow(/dev network/);
});

it("says at once whether XMTP's native module is there, and asks at most four things", async () => {
  const done = await setUp(["join", LINK, true]);
  expect(done.notes[0]).toMatch(/XMTP native module: \w+-\w+ ok/);
  // The fourth is "Is this you?", when the code has come in.
  expect(done.asked).toHaveLength(3);
});

it("keeps people who write directly apart; beside other channels only after a yes", async () => {
  expect((await setUp(["later"])).session).toEqual({ dmScope: "per-channel-peer" });
  const cfg: OpenClawConfig = { channels: { telegram: {} } };
  const asked = await setUp([false, "later"], cfg);
  expect(asked.asked[0]).toContain("session.dmScope");
  expect(asked.session).toBeUndefined();
  expect((await setUp([true, "later"], cfg)).session).toEqual({ dmScope: "per-channel-peer" });
});

it("hands over to the gateway where nobody sits at a terminal, by the commands that go on", async () => {
  const { notes } = await setUp(["join", LINK, true], {
    commands: { ownerAllowFrom: ["signal:+1"] },
  });
  expect(notes.at(-1)).toContain("openclaw gateway restart");
  expect(notes.at(-1)).toContain("openclaw convos owner");
});

it("says at its end what the first approval would do while nobody is owner", async () => {
  const { notes } = await setUp(["join", LINK, true]);
  expect(notes.at(-1)).toMatch(/`openclaw pairing approve`[\s\S]*owner of this OpenClaw/);
  expect(notes.at(-1)).toContain("openclaw convos owner");
});

it("leaves words in a secret to the gateway, and stores no invite that it could not seal", async () => {
  const mnemonic = { source: "env", provider: "default", id: "CONVOS_MNEMONIC" };
  const cfg = { channels: { convos: { enabled: true, mnemonic } } };
  await expect(setUp(["join", LINK, true], cfg)).rejects.toThrow(/openclaw convos join/);
  expect(existsSync(path.join(stateDir, "sessions"))).toBe(false);
});
