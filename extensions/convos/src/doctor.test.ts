import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveConvosAccount } from "./accounts.ts";
import { inspectFigures } from "./doctor.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectOwnFiles } from "./doctor-files.ts";
import { inspectPeople } from "./doctor-people.ts";
import { noteInvite } from "./invite-book.ts";
import { findNativeProblem } from "./native-module.ts";
import { grantOwner } from "./owner-grant.ts";
import { convosSecurity } from "./security.ts";
import { provision } from "./setup-provision.ts";
import { convosStatusAdapter } from "./status.ts";

const INBOX = "a1".repeat(32);
const OTHER = "b2".repeat(32);
const ROOM = "0a".repeat(16);
const HOUR_MS = 3_600_000;

/** As the host reads it: what the schema refuses is in it too. */
function configOf(section: object, more: OpenClawConfig = {}): OpenClawConfig {
  return { ...more, channels: { convos: { ...section } } };
}

const idsOf = (section: object): string[] =>
  inspectConfig(configOf(section)).map(({ accountId, id }) => `${accountId} ${id}`);

describe("what the configuration shows", () => {
  it("nothing for a usual account", () => {
    expect(idsOf({ enabled: true })).toEqual([]);
    expect(idsOf({ mnemonic: { source: "env", provider: "default", id: "X" } })).toEqual([]);
    expect(idsOf({ privateKey: "${KEY}", apiUrl: "http://127.0.0.1:1" })).toEqual([]);
    expect(idsOf({ env: "dev", apiUrl: "https://grpc.dev.xmtp.network:443" })).toEqual([]);
  });

  it("words and keys in clear, per account, and never the words", () => {
    const section = {
      privateKey: "11".repeat(32),
      accounts: { work: { mnemonic: "abandon ability able" } },
    };
    expect(idsOf(section)).toEqual([
      "default convos.plaintext-key-in-config",
      "work convos.plaintext-mnemonic-in-config",
    ]);
    expect(JSON.stringify(inspectConfig(configOf(section)))).not.toMatch(/abandon|1111/);
  });

  it("entries that are no inbox ids, in every list", () => {
    const section = {
      allowFrom: ["alice"],
      groupAllowFrom: [INBOX, "0x12"],
      groups: { [ROOM]: { allowFrom: ["bob"] } },
    };
    expect(idsOf(section)).toEqual(Array(3).fill("default convos.allowlist-invalid"));
  });

  it("a node of another network, and conversations that are open to every member", () => {
    expect(idsOf({ apiUrl: "https://grpc.dev.xmtp.network:443" })).toEqual([
      "default convos.env-mismatch",
    ]);
    expect(idsOf({ groupPolicy: "open" })).toEqual(["default convos.open-to-members"]);
  });

  it.each([
    [{ groupAllowFrom: [INBOX, "*"] }, "channels.convos.groupAllowFrom[1]"],
    [{ groups: { [ROOM]: { allowFrom: ["*"] } } }, `channels.convos.groups.${ROOM}.allowFrom[0]`],
    [{ groups: { "*": { allowFrom: [" * "] } } }, "channels.convos.groups.*.allowFrom[0]"],
  ])("everybody in a list: %j", (section, entry) => {
    expect(inspectConfig(configOf(section))).toMatchObject([
      { id: "convos.open-to-members", fix: `openclaw config unset '${entry}'` },
    ]);
    expect(idsOf({ ...section, groupPolicy: "disabled" })).toEqual([]);
  });

  it("nothing of a list that nobody is heard by", () => {
    const allowFrom = ["*"];
    expect(idsOf({ groups: { [ROOM]: { allowFrom, enabled: false } } })).toEqual([]);
    expect(idsOf({ groups: { [ROOM]: { allowFrom }, "*": { enabled: false } } })).toEqual([]);
    expect(idsOf({ ownerConversationId: ROOM, groups: { [ROOM]: { allowFrom } } })).toEqual([]);
  });

  it("what an account inherits, with the place where it stands", () => {
    const section = { groupAllowFrom: ["*"], accounts: { work: {} } };
    expect(inspectConfig(configOf(section))).toMatchObject(
      ["default", "work"].map((accountId) => ({
        accountId,
        fix: "openclaw config unset 'channels.convos.groupAllowFrom[0]'",
      })),
    );
    expect(idsOf({ ...section, accounts: { work: { groupAllowFrom: [INBOX] } } })).toEqual([
      "default convos.open-to-members",
    ]);
  });

  it("is in the audit when everybody is in a list", async () => {
    const cfg = configOf({ groups: { "*": { allowFrom: ["*"] } } });
    const found = await convosSecurity.collectAuditFindings?.({
      cfg,
      sourceConfig: cfg,
      accountId: "default",
      account: resolveConvosAccount(cfg),
      orderedAccountIds: ["default"],
      hasExplicitAccountPath: false,
    });
    expect(found).toMatchObject([{ checkId: "channels.convos.open-to-members", severity: "warn" }]);
  });

  it("is in the audit as far as it costs safety", async () => {
    const cfg = configOf({ mnemonic: "abandon", groupAllowFrom: ["x"] });
    const found = await convosSecurity.collectAuditFindings?.({
      cfg,
      sourceConfig: cfg,
      accountId: "default",
      account: resolveConvosAccount(configOf({})),
      orderedAccountIds: ["default"],
      hasExplicitAccountPath: false,
    });
    expect(found).toMatchObject([
      { checkId: "channels.convos.plaintext-mnemonic-in-config", severity: "critical" },
    ]);
  });
});

describe("who owns the bot", () => {
  const commands = { ownerAllowFrom: [`convos:${INBOX}`] };

  it("is nobody, and would be the first who is approved", async () => {
    const found = await inspectPeople(configOf({ enabled: true, ownerConversationId: ROOM }));
    expect(found).toMatchObject([
      {
        id: "convos.no-owner",
        message: expect.stringContaining("`openclaw pairing approve`"),
        fix: "openclaw convos owner, before the first approval",
      },
    ]);
  });

  it("is nobody here, although somebody owns it elsewhere, once there is an owner conversation", async () => {
    const elsewhere = { commands: { ownerAllowFrom: ["signal:+1"] } };
    const section = { enabled: true, ownerConversationId: ROOM };
    expect(await inspectPeople(configOf(section, elsewhere))).toMatchObject([
      { id: "convos.no-owner", fix: "openclaw convos owner" },
    ]);
    expect(await ids(configOf({ enabled: true }, elsewhere))).toEqual([]);
    expect(await ids(configOf(section, { commands }))).toEqual([]);
  });

  it("is somebody whom an approval made owner, until the handshake lists him", async () => {
    const unproven = configOf({ enabled: true }, { commands });
    expect(await inspectPeople(unproven, async () => [INBOX])).toMatchObject([
      {
        id: "convos.owner-unproven",
        accountId: "default",
        fix:
          "if that is your inbox id in the owner conversation: openclaw convos owner. If not: " +
          "openclaw config set commands.ownerAllowFrom '[]'",
      },
    ]);
    const proven = grantOwner(unproven, "default", INBOX);
    expect(await ids(proven, INBOX)).toEqual([]);
    expect(await ids(unproven, OTHER)).toEqual([]);
  });
});

describe("who is heard", () => {
  it("is several people in one conversation when the scope of sessions is not narrowed", async () => {
    const owned = { commands: { ownerAllowFrom: ["signal:+1"] } };
    const open = configOf({ enabled: true, dmPolicy: "open", allowFrom: ["*"] }, owned);
    expect(await ids(open)).toEqual(["convos.dm-scope"]);
    const pairing = configOf({ enabled: true, allowFrom: [INBOX] }, owned);
    expect(await ids(pairing)).toEqual([]);
    expect(await ids(pairing, INBOX)).toEqual([]);
    expect(await ids(pairing, OTHER)).toEqual(["convos.dm-scope"]);
    const session = { dmScope: "per-channel-peer" } as const;
    expect(await ids({ ...pairing, session }, OTHER)).toEqual([]);
  });
});

describe("what the account's files show", () => {
  let stateDir = "";
  let folder = "";
  const cfg = configOf({ enabled: true, ownerConversationId: ROOM });
  const look = async (): Promise<string[]> =>
    (await inspectOwnFiles(stateDir, resolveConvosAccount(cfg))).map(({ id }) => id);

  beforeEach(async () => {
    stateDir = mkdtempSync(path.join(tmpdir(), "convos-doctor-"));
    const done = await provision({ cfg, accountId: "default", stateDir, now: Date.now });
    folder = done?.folder ?? "";
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  it("keys without the databases they belong to", async () => {
    expect(await look()).toEqual(["convos.db-missing"]);
    writeFileSync(path.join(folder, "convos.sqlite"), "", { mode: 0o600 });
    expect(await look()).toEqual([]);
  });

  it("an invite that never ends, and not one that does", async () => {
    writeFileSync(path.join(folder, "convos.sqlite"), "", { mode: 0o600 });
    const invite = { conversationId: ROOM, createdAtMs: 1, singleUse: false };
    await noteInvite(folder, "https://one", { ...invite, expiresAtMs: Date.now() + HOUR_MS });
    expect(await look()).toEqual([]);
    await noteInvite(folder, "https://two", { ...invite, expiresAtMs: undefined });
    expect(await look()).toEqual(["convos.invite-open-forever"]);
    writeFileSync(path.join(folder, "invites.json"), "{", { mode: 0o600 });
    expect(await look()).toEqual(["convos.invites-unreadable"]);
  });

  it("nothing where there is no identity", async () => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect(await look()).toEqual([]);
  });
});

describe("what the running account knows", () => {
  it("joins that wait, and those that wait for more than a day", () => {
    expect(noted({ pendingJoins: 1, oldestJoinAtMs: 99 * HOUR_MS })).toEqual(["join-pending"]);
    expect(noted({ pendingJoins: 1, oldestJoinAtMs: 75 * HOUR_MS })).toEqual(["join-stale"]);
    expect(noted({ pendingJoins: 0 })).toEqual([]);
  });

  it("groups to confirm after a restore, and conversations out of sync", () => {
    expect(noted({ restoreOffers: 1, restoring: 3, outOfSync: 2 })).toEqual([
      "restore-offered",
      "restoring",
      "out-of-sync",
    ]);
    expect(noted({ restoreOffers: 0, restoring: 0, outOfSync: 0 })).toEqual([]);
  });

  it("an owner conversation that is over, with the commands of this account", () => {
    const fixes: string[] = [];
    const over = { isOwnerConversationOver: true };
    inspectFigures(over, (what, _message, fix) => void fixes.push(`${what}: ${fix}`), "work");
    expect(fixes).toEqual([
      expect.stringMatching(
        /^owner-conversation-gone: openclaw config set channels\.convos\.accounts\.work\.ownerConversationId ID .*, then openclaw convos owner --account work$/,
      ),
    ]);
    expect(noted(over)).toEqual(["owner-conversation-gone"]);
    expect(noted({ isOwnerConversationOver: false })).toEqual([]);
    const account = { accountId: "default", application: over };
    expect(convosStatusAdapter.collectStatusIssues?.([account])).toMatchObject([
      {
        fix: expect.stringContaining("openclaw config set channels.convos.ownerConversationId ID"),
      },
    ]);
  });

  it("an owner conversation that the account never was in, with the ways into one", () => {
    expect(noted({ isOwnerConversationUnknown: true })).toEqual(["owner-conversation-unknown"]);
    const account = { accountId: "work", application: { isOwnerConversationUnknown: true } };
    expect(convosStatusAdapter.collectStatusIssues?.([account])).toMatchObject([
      { fix: expect.stringMatching(/openclaw convos join --account work.*openclaw config set/) },
    ]);
  });

  it("owners who are not in the owner conversation of this account", () => {
    expect(noted({ isOwnerElsewhere: true })).toEqual(["no-owner"]);
    const account = { accountId: "work", application: { isOwnerElsewhere: true } };
    expect(convosStatusAdapter.collectStatusIssues?.([account])).toMatchObject([
      { fix: "openclaw convos owner --account work" },
    ]);
  });

  it("conversations that cannot be opened here: which, why, and what to do; that is no outage", () => {
    const stuck = [
      { conversationId: ROOM, errorCode: "key_in_use" },
      { errorCode: "too_many_installations" },
    ];
    expect(noted({ stuck })).toEqual(["db-missing", "installations-high"]);
    expect(noted({ stuck: [] })).toEqual([]);
    const application = { stuck, deadLetters: 0, waitingOutbound: 2 };
    const account = { accountId: "default", application };
    expect(convosStatusAdapter.collectStatusIssues?.([account])).toMatchObject([
      {
        message: expect.stringContaining(ROOM),
        fix: expect.stringContaining("openclaw convos restore FILE"),
      },
      {
        message: expect.stringContaining("ten installations"),
        fix: expect.stringContaining("openclaw convos join --invite-file FILE"),
      },
    ]);
  });

  it("installations that run out", () => {
    expect(noted({ maxInstallations: 7 })).toEqual([]);
    expect(noted({ maxInstallations: 8 })).toEqual(["installations-high"]);
  });
});

describe("XMTP's native module", () => {
  it("is asked for with one command where it exists, and said not to exist elsewhere", () => {
    expect(findNativeProblem("linux-x64", () => true)).toBeUndefined();
    expect(findNativeProblem("linux-arm64", () => false)?.fix).toMatch(/^npm install .*@xmtp/);
    expect(findNativeProblem("freebsd-x64", () => true)?.message).toMatch(/linux-x64.*win32-x64/);
  });
});

/** Ids that a running account with these figures gives. */
function noted(application: Record<string, unknown>): string[] {
  const found: string[] = [];
  inspectFigures(application, (what) => void found.push(what), "default", 100 * HOUR_MS);
  return found;
}

/** Findings about people, of whom these are approved. */
async function ids(cfg: OpenClawConfig, ...people: string[]): Promise<string[]> {
  return (await inspectPeople(cfg, () => Promise.resolve(people))).map(({ id }) => id);
}
