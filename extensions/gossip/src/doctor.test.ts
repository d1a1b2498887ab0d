import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { findForeignHolder, lockFolders } from "channel-kit";
import { acquireIdentityLock, createIdentity } from "channel-kit";
import { closeToOthers, inspectFiles } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resolveGossipAccount } from "./accounts.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectGateway } from "./doctor-gateway.ts";
import { gossipSecurity } from "./security.ts";

const ID = "gossip1wjkt2awm9gluat74xxk8av2uanzeg2ywtd5fclad5p4n5yy6t3es0ejzuh";
const OTHER = "gossip1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";

/** As the host reads it: what the schema refuses is in it too. */
function configOf(section: object): OpenClawConfig {
  return { channels: { gossip: { ...section } } };
}

const idsOf = (section: object): string[] =>
  inspectConfig(configOf(section)).map(({ accountId, id }) => `${accountId} ${id}`);

describe("what the configuration shows", () => {
  it("nothing for a usual account", () => {
    expect(idsOf({ enabled: true })).toEqual([]);
    expect(idsOf({ enabled: true, mnemonic: "${GOSSIP_MNEMONIC}" })).toEqual([]);
    expect(idsOf({ mnemonic: { source: "env", provider: "default", id: "X" } })).toEqual([]);
    expect(idsOf({ protocolUrl: "http://127.0.0.1:8080/api" })).toEqual([]);
  });

  it("a recovery phrase in clear, per account, without its words", () => {
    const section = { accounts: { work: { mnemonic: "abandon ability able" } } };
    expect(idsOf(section)).toEqual(["work gossip.plaintext-mnemonic-in-config"]);
    expect(JSON.stringify(inspectConfig(configOf(section)))).not.toContain("abandon");
  });

  it("a wildcard under pairing, entries that are no ids, and plain http", () => {
    expect(idsOf({ allowFrom: ["*"] })).toEqual(["default gossip.wildcard-with-pairing"]);
    expect(idsOf({ allowFrom: ["alice"] })).toEqual(["default gossip.allowlist-invalid"]);
    expect(idsOf({ protocolUrl: "http://relay.example/api" })).toEqual([
      "default gossip.relay-tls",
    ]);
  });
});

function audit(section: object) {
  const cfg = configOf(section);
  return gossipSecurity.collectAuditFindings?.({
    cfg,
    sourceConfig: cfg,
    accountId: "default",
    account: resolveGossipAccount(cfg),
    orderedAccountIds: ["default"],
    hasExplicitAccountPath: false,
  });
}

describe("the security audit", () => {
  let stateDir: string;
  beforeEach(async () => {
    // The host keeps approvals in it.
    stateDir = await mkdtemp(path.join(tmpdir(), "gossip-audit-"));
    vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(stateDir, { recursive: true, force: true });
  });

  it("has nothing to say about a usual install", async () => {
    expect(await audit({ enabled: true })).toEqual([]);
  });

  it("calls a phrase in clear critical", async () => {
    expect(await audit({ mnemonic: "abandon ability able" })).toMatchObject([
      { checkId: "channels.gossip.plaintext-mnemonic-in-config", severity: "critical" },
    ]);
  });
});

describe("what the files show", () => {
  let stateDir: string;
  const account = {
    accountId: "default",
    username: "bot",
    mnemonic: { kind: "generated" },
  } as const;
  const ids = async (): Promise<string[]> =>
    (await inspectFiles({ stateDir, channelId: "gossip" }, account)).map(({ id }) => id);

  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "gossip-doctor-"));
  });
  afterEach(async () => {
    await rm(stateDir, { recursive: true, force: true });
  });

  const make = (more: { backupConfirmedAt?: string } = {}) =>
    createIdentity(
      { stateDir, channelId: "gossip" },
      {
        accountId: "default",
        username: "bot",
        userId: ID,
        mnemonic: "words",
        createdAt: new Date(0).toISOString(),
        ...more,
      },
    );

  it("nothing before the first start, and nothing once the words are on paper", async () => {
    expect(await ids()).toEqual([]);
    await make({ backupConfirmedAt: new Date(0).toISOString() });
    expect(await ids()).toEqual([]);
  });

  it("words that nobody wrote down", async () => {
    await make();
    expect(await ids()).toEqual(["gossip.backup-unconfirmed"]);
  });

  it("files open to others: looked at without a change, closed by repair", async () => {
    const folder = await make({ backupConfirmedAt: new Date(0).toISOString() });
    const file = path.join(folder?.path ?? "", "session.json");
    await chmod(file, 0o644);
    expect(await ids()).toEqual(["gossip.perms"]);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(await closeToOthers({ stateDir, channelId: "gossip" })).toHaveLength(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await ids()).toEqual([]);
  });

  it("a session.json that is damaged, or gone from beside the databases: nothing is changed", async () => {
    const folder = (await make())?.path ?? "";
    const file = path.join(folder, "session.json");
    await chmod(file, 0o644);
    await writeFile(file, "{");
    const findings = await inspectFiles({ stateDir, channelId: "gossip" }, account);
    expect(findings.map(({ id }) => id)).toEqual(["gossip.perms", "gossip.identity-unreadable"]);
    expect(findings[1]?.message).toMatch(
      /^the account does not start: cannot use .*session\.json: it is cut short or not JSON\. .*nothing was changed/,
    );
    expect(findings[1]?.fix).toBe(
      `put session.json back from a backup. With the recovery words alone: mv '${folder}' ` +
        `'${path.join(path.dirname(folder), ".kept-bot")}', then openclaw gossip restore`,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    await writeFile(path.join(folder, "gossip.db"), "data", { mode: 0o600 });
    await rm(file);
    expect(await ids()).toEqual(["gossip.identity-unreadable"]);
  });

  it("a session.json of a newer version, and a link in its place", async () => {
    const file = path.join((await make())?.path ?? "", "session.json");
    await writeFile(file, JSON.stringify({ version: 99 }));
    const [newer] = await inspectFiles({ stateDir, channelId: "gossip" }, account);
    expect(newer).toMatchObject({
      id: "gossip.identity-newer",
      fix: "openclaw plugins update gossip",
    });
    await rm(file);
    await symlink("/dev/null", file);
    expect(await ids()).toEqual(["gossip.identity-unsafe"]);
  });

  it("a process elsewhere that has the identity, and not our own gateway", async () => {
    const folders = [path.join(stateDir, "own"), path.join(stateDir, "shared")];
    const who = { userId: ID, channelId: "gossip" };
    const signal = new AbortController().signal;
    const lock = await acquireIdentityLock({
      channelId: "gossip",
      userId: ID,
      stateDir,
      signal,
      folders,
    });
    expect(await findForeignHolder({ ...who, stateDir }, folders)).toBeUndefined();
    expect(await findForeignHolder({ ...who, stateDir: "/elsewhere" }, folders)).toEqual({
      pid: process.pid,
      host: hostname(),
      stateDir,
    });
    await lock.release();
    expect(await findForeignHolder({ ...who, stateDir: "/elsewhere" }, folders)).toBeUndefined();
    expect(lockFolders({ channelId: "gossip", stateDir })).toHaveLength(2);
  });

  it("does not take the note of a dead process for a holder", async () => {
    const folder = path.join(stateDir, "own");
    await mkdir(folder, { recursive: true });
    const signal = new AbortController().signal;
    const lock = await acquireIdentityLock({
      channelId: "gossip",
      userId: OTHER,
      stateDir,
      signal,
      folders: [folder],
    });
    await lock.release();
    const dead = JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), stateDir: "/elsewhere" });
    const [name = ""] = await readdir(folder);
    await writeFile(path.join(folder, name.replace(/lock$/, "holder.json")), dead);
    expect(
      await findForeignHolder({ userId: OTHER, channelId: "gossip", stateDir }, [folder]),
    ).toBeUndefined();
  });
});

const inspect = async (accounts: object[], requests: object[] = []) => {
  const found = await inspectGateway(async (method) =>
    method === "channels.status" ? { channelAccounts: { gossip: accounts } } : { requests },
  );
  return found.map(({ accountId, id }) => `${accountId} ${id}`);
};

describe("what the gateway knows", () => {
  const fine = { deadLetters: 0, forksNoticed: 0, clockOffsetMs: 900 };

  it("nothing of a healthy account, or without a gateway", async () => {
    expect(await inspect([{ accountId: "default", application: fine }])).toEqual([]);
    const restoredLongAgo = { ...fine, forksNoticed: 1, forkNoticedAtMs: 1_000 };
    expect(await inspect([{ accountId: "default", application: restoredLongAgo }])).toEqual([]);
    expect(await inspectGateway(async () => undefined)).toEqual([]);
  });

  it("dead letters, an old copy, a wrong clock, and two identities", async () => {
    const forkNoticedAtMs = Date.now() - 60_000;
    const ill = { deadLetters: 2, forksNoticed: 1, forkNoticedAtMs, clockOffsetMs: -31_000 };
    const lastError = "two ids";
    const application = { startErrorCode: "identity_mismatch" };
    expect(
      await inspect([
        { accountId: "default", application: ill },
        { accountId: "work", lifecycle: "blocked", lastError, application },
        { accountId: "spare", lifecycle: "blocked", lastError: "A names B", application: null },
      ]),
    ).toEqual([
      "default gossip.deadletters",
      "default gossip.old-copy",
      "default gossip.clock-skew",
      "work gossip.identity-mismatch",
    ]);
  });

  it("strangers who hold all pairing codes of an account", async () => {
    const accounts = [{ accountId: "default", application: fine }, { accountId: "work" }];
    const three = Array.from({ length: 3 }, () => ({ accountId: "work" }));
    expect(await inspect(accounts, [...three.slice(1), {}])).toEqual([]);
    expect(await inspect(accounts, three)).toEqual(["work gossip.pairing-flood"]);
  });
});
