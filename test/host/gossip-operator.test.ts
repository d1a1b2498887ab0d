import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil, runOpenclaw } from "channel-testing";
import type { CommandResult, JsonObject } from "channel-testing";
import type { GossipUserId } from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import { readGossipAccount, whenGossipAccountReady } from "./support/gossip-accounts.ts";

const WAIT_MS = 60_000;

let gossip: GossipHost;
let alice: GossipPerson;
let bob: GossipPerson;
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
      return {
        enabled: true,
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
  rmSync(scratch, { recursive: true, force: true });
});

async function openclaw(...args: string[]): Promise<CommandResult> {
  return await runOpenclaw(gossip.host, args, { check: false });
}

function parseAnswer({ stderr, stdout }: CommandResult): JsonObject {
  const parsed: unknown = JSON.parse(stdout || "null");
  if (!isJsonObject(parsed)) throw new TypeError(`no JSON object: ${stdout}\n${stderr}`);
  return parsed;
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

  it("find nothing of ours to complain about in the security audit", async () => {
    const { stdout } = await openclaw("security", "audit", "--deep", "--json");
    expect(stdout).toContain('"findings"');
    expect(stdout).not.toContain("channels.gossip.");
  });

  it("close the door on a lost phone in one command, without a restart", async () => {
    const { lastStartAt } = await readGossipAccount(gossip.gateway, "default");
    const removed = parseAnswer(await openclaw("gossip", "contacts", "remove", alice.id, "--json"));
    expect(removed).toMatchObject({
      removed: true,
      configPaths: ["channels.gossip.allowFrom", "channels.gossip.dmPolicy"],
    });
    await pollUntil(
      () => readGossipAccount(gossip.gateway, "default"),
      ({ dmPolicy }) => dmPolicy === "disabled",
      WAIT_MS,
      "the closed door in the running account",
    );
    await alice.say(homeBot, "lost-1");
    await gossip.gateway.log.waitFor(/\[default\] gossip: drop /, { timeoutMs: WAIT_MS });
    expect(gossip.turnsAbout("lost-1")).toEqual([]);
    const now = await readGossipAccount(gossip.gateway, "default");
    expect(now["lastStartAt"]).toBe(lastStartAt);
  });

  it("refuse to restore over an identity at work, and restore it once the gateway has stopped", async () => {
    const args = ["gossip", "restore", backupFile, "--passphrase-file", passphraseFile];
    const refused = await openclaw(...args, "--no-scan");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("already in use by process");

    await gossip.gateway.stop();
    const folder = path.join(gossip.host.paths.stateDir, "sessions", "gossip", "openclaw");
    rmSync(folder, { recursive: true });
    const restored = parseAnswer(await openclaw(...args, "--scan", "--json"));
    expect(restored).toMatchObject({ userId: homeBot, scan: { scanned: true } });
    expect(statSync(path.join(folder, "session.json")).mode & 0o777).toBe(0o600);
  });
});
