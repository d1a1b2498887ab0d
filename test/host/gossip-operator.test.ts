import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, mergeJson, pollUntil, runOpenclaw } from "channel-testing";
import type { CommandResult, JsonObject } from "channel-testing";
import type { GossipUserId } from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import { openBulletinCounter, type BulletinCounter } from "./support/bulletin-counter.ts";
import { readGossipAccount, whenGossipAccountReady } from "./support/gossip-accounts.ts";

const WAIT_MS = 60_000;

let gossip: GossipHost;
let bulletin: BulletinCounter;
let alice: GossipPerson;
let bob: GossipPerson;
let carol: GossipPerson;
let homeBot: GossipUserId;
let workBot: GossipUserId;
const scratch = mkdtempSync(path.join(tmpdir(), "gossip-operator-"));
const passphraseFile = path.join(scratch, "passphrase");
const backupFile = path.join(scratch, "bot.backup");

beforeAll(async () => {
  writeFileSync(passphraseFile, "a passphrase of the test\n", { mode: 0o600 });
  gossip = await startGossipHost({
    async section(network) {
      [alice, bob] = await Promise.all([network.openPerson("alice"), network.openPerson("bob")]);
      bulletin = await openBulletinCounter(network.relayUrl);
      return {
        enabled: true,
        protocolUrl: bulletin.url,
        dmPolicy: "allowlist",
        allowFrom: [alice.id],
        accounts: { work: { allowFrom: [bob.id] } },
      };
    },
    reply: ({ lastUserText }) => `answer to ${/\b\w+-\d\b/.exec(lastUserText)?.[0]}`,
    config: () => ({
      agents: { list: [{ id: "home", default: true }, { id: "office" }] },
      bindings: [{ agentId: "office", match: { channel: "gossip", accountId: "work" } }],
    }),
  });
  homeBot = await gossip.network.findBot(gossip.gateway, "default", WAIT_MS);
  workBot = await gossip.network.findBot(gossip.gateway, "work", WAIT_MS);
  await whenGossipAccountReady(gossip.gateway, "default", WAIT_MS);
  await whenGossipAccountReady(gossip.gateway, "work", WAIT_MS);
});
afterAll(async () => {
  await gossip[Symbol.asyncDispose]();
  await bulletin[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

async function openclaw(...args: string[]): Promise<CommandResult> {
  return await runOpenclaw(gossip.host, args, { check: false });
}

function accountsFolder(): string {
  return path.join(gossip.host.paths.stateDir, "sessions", "gossip");
}

/** What each identity is made from, by the file it is in. */
function identityFiles(): string[] {
  return readdirSync(accountsFolder(), { recursive: true, encoding: "utf8" })
    .filter((name) => path.basename(name) === "session.json")
    .toSorted()
    .map((name) => `${name}: ${readFileSync(path.join(accountsFolder(), name), "utf8")}`);
}

function parseAnswer({ stderr, stdout }: CommandResult): JsonObject {
  const parsed: unknown = JSON.parse(stdout || "null");
  if (!isJsonObject(parsed)) throw new TypeError(`no JSON object: ${stdout}\n${stderr}`);
  return parsed;
}

/** Writes fields of an account into the configuration file, as an operator's editor does. */
function editAccount(accountId: string, fields: JsonObject): void {
  const channels = { gossip: { accounts: { [accountId]: fields } } };
  gossip.host.editConfig((config) => mergeJson(config, { channels }));
}

/** Keys of the sessions that a text stands in, e.g. `agent:office:gossip:…`. */
async function sessionKeys(): Promise<string[]> {
  const answer = await gossip.gateway.call("sessions.list", {});
  const sessions = isJsonObject(answer) ? answer["sessions"] : undefined;
  return (Array.isArray(sessions) ? sessions : [])
    .filter(isJsonObject)
    .map(({ key }) => (typeof key === "string" ? key : ""))
    .filter((key) => key.includes("gossip"));
}

describe("two accounts for two agents in one gateway", () => {
  it("keeps people with the agent of the account they wrote to", async () => {
    await alice.say(homeBot, "home-1");
    await expect(alice.hear(homeBot, Boolean, WAIT_MS)).resolves.toBe("answer to home-1");
    await bob.say(workBot, "work-1");
    await expect(bob.hear(workBot, Boolean, WAIT_MS)).resolves.toBe("answer to work-1");
    // Not on the list of that account: it reaches neither agent.
    await alice.say(workBot, "crossing-1");
    await gossip.gateway.log.waitFor("[work] gossip: drop dm_policy_not_allowlisted", {
      timeoutMs: WAIT_MS,
    });
    const keys = await sessionKeys();
    expect(keys.filter((key) => key.includes(alice.id))).toEqual([
      expect.stringMatching(/^agent:home:/),
    ]);
    expect(keys.filter((key) => key.includes(bob.id))).toEqual([
      expect.stringMatching(/^agent:office:/),
    ]);
    expect(gossip.turnsAbout("crossing-1")).toEqual([]);
  });

  it("reads the bulletin once for both", () => {
    expect(bulletin.pages.length).toBeGreaterThan(0);
    expect(bulletin.pages).toEqual([...new Set(bulletin.pages)]);
  });

  it("restarts the account that was changed, and lets the other one run", async () => {
    const [home, work] = await Promise.all([
      readGossipAccount(gossip.gateway, "default"),
      readGossipAccount(gossip.gateway, "work"),
    ]);
    editAccount("work", { name: "The office" });
    await pollUntil(
      () => readGossipAccount(gossip.gateway, "work"),
      ({ lastStartAt, lifecycle }) => lastStartAt !== work["lastStartAt"] && lifecycle === "ready",
      WAIT_MS,
      "the restart of the changed account",
    );
    const now = await readGossipAccount(gossip.gateway, "default");
    expect(now["lastStartAt"]).toBe(home["lastStartAt"]);
    expect(now["running"]).toBe(true);
  });
});

describe("the operator's commands", () => {
  it("back up to a sealed file, which doctor and status then know", async () => {
    const before = await openclaw("doctor", "--non-interactive");
    const backup = await openclaw(
      "gossip",
      "backup",
      "--file",
      backupFile,
      "--passphrase-file",
      passphraseFile,
      "--json",
    );
    const after = parseAnswer(await openclaw("gossip", "status", "--json"));

    const doctor = before.stdout.replaceAll(/[\s│]+/g, " ");
    expect(doctor).toContain("gossip.backup-unconfirmed (default)");
    expect(doctor).toContain("openclaw gossip backup");
    expect(parseAnswer(backup)).toMatchObject({ userId: homeBot, verified: true });
    expect(statSync(backupFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(backupFile, "utf8")).not.toContain(homeBot);
    const [home, work] = Array.isArray(after["accounts"]) ? after["accounts"] : [];
    expect(home).toMatchObject({
      accountId: "default",
      userId: homeBot,
      running: true,
      backupConfirmed: true,
      figures: { connected: true, waitingInbound: 0, deadLetters: 0, forksNoticed: 0 },
    });
    expect(work).toMatchObject({ accountId: "work", running: true, backupConfirmed: false });
  });

  it("find nothing of ours to complain about in the security audit; the invite is shown again", async () => {
    const [{ stdout }, login] = await Promise.all([
      openclaw("security", "audit", "--deep", "--json"),
      openclaw("channels", "login", "--channel", "gossip", "--account", "work"),
    ]);
    expect(stdout).toContain('"findings"');
    expect(stdout).not.toContain("channels.gossip.");
    expect(login).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(workBot) });
  });

  it("give the id of a new phone what the old one had, and nothing to the old one", async () => {
    carol = await gossip.network.openPerson("carol");
    const replaced = parseAnswer(
      await openclaw("gossip", "contacts", "replace", bob.id, carol.id, "--json"),
    );
    expect(replaced).toMatchObject({
      replaced: true,
      configPaths: ["channels.gossip.accounts.work.allowFrom"],
      conversationsEnded: ["work"],
      notEnded: [],
    });
    await carol.say(workBot, "work-2");
    await expect(carol.hear(workBot, Boolean, WAIT_MS)).resolves.toBe("answer to work-2");
  });

  it("close the door on a lost phone in one command, without a restart", async () => {
    const { lastStartAt } = await readGossipAccount(gossip.gateway, "default");
    const removed = parseAnswer(await openclaw("gossip", "contacts", "remove", alice.id, "--json"));
    expect(removed).toMatchObject({
      removed: true,
      configPaths: [
        "channels.gossip.allowFrom",
        // The other account inherited the policy and has people of its own: for them it stays as it was.
        "channels.gossip.accounts.work.dmPolicy",
        "channels.gossip.dmPolicy",
      ],
      // Their message to the other account was let in nowhere, but it had a conversation.
      conversationsEnded: ["default", "work"],
      notEnded: [],
    });
    await pollUntil(
      () => readGossipAccount(gossip.gateway, "default"),
      ({ dmPolicy }) => dmPolicy === "disabled",
      WAIT_MS,
      "the closed door in the running account",
    );
    // The session is gone with the trust in it: nobody reads there. A new request waits in vain.
    await alice.say(homeBot, "lost-1");
    await alice.client.requestContact(homeBot);
    await pollUntil(
      () => readGossipAccount(gossip.gateway, "default"),
      ({ application }) => isJsonObject(application) && application["pendingRequests"] === 1,
      WAIT_MS,
      "the request of the lost phone",
    );
    expect(gossip.turnsAbout("lost-1")).toEqual([]);
    const now = await readGossipAccount(gossip.gateway, "default");
    expect(now["lastStartAt"]).toBe(lastStartAt);
  });

  it("refuse to restore over an identity at work, and restore it once the gateway has stopped", async () => {
    const logout = ["channels", "logout", "--channel", "gossip", "--account", "work"];
    const args = ["gossip", "restore", backupFile, "--passphrase-file", passphraseFile];
    const [refused, loggedOut] = await Promise.all([
      openclaw(...args, "--no-scan"),
      openclaw(...logout),
    ]);
    expect(loggedOut.exitCode).toBe(0);
    expect(await readGossipAccount(gossip.gateway, "work")).toMatchObject({ running: false });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("already in use by process");

    await gossip.gateway.stop();
    const folder = path.join(accountsFolder(), "openclaw");
    rmSync(folder, { recursive: true });
    const restored = parseAnswer(await openclaw(...args, "--scan", "--json"));
    expect(restored).toMatchObject({ userId: homeBot, scan: { scanned: true } });
    expect(statSync(path.join(folder, "session.json")).mode & 0o777).toBe(0o600);
  });

  it("name what is wrong in files and configuration, and mend what needs no decision", async () => {
    const words = path.join(accountsFolder(), "openclaw", "session.json");
    chmodSync(words, 0o644);
    // Two people, and one conversation with the agent for both.
    editAccount("work", { allowFrom: [alice.id, carol.id] });
    gossip.host.editConfig((config) => mergeJson(config, { session: { dmScope: "main" } }));
    // One after the other: OpenClaw lets only one process at its state while doctor mends.
    const audit = await openclaw("security", "audit", "--json");
    const doctor = await openclaw("doctor", "--fix", "--non-interactive");
    expect(audit.stdout).toContain("channels.gossip.dm-scope");
    expect(doctor.stdout.replaceAll(/[\s│]+/g, " ")).toContain("gossip.perms: closed");
    expect(statSync(words).mode & 0o777).toBe(0o600);
  });

  it("remove an account from the configuration, and never its keys", async () => {
    const before = identityFiles();
    const remove = ["channels", "remove", "--channel", "gossip", "--account", "work", "--delete"];
    await runOpenclaw(gossip.host, remove);
    expect(JSON.stringify(gossip.host.readConfig())).not.toContain("The office");
    expect(before).toHaveLength(2);
    expect(identityFiles()).toEqual(before);
  });
});
