// What an operator does with a Mesh bot that was installed from its package: commands beside the running gateway, lists that
// hold at once, backups; and what is left of secrets and direct messages wherever something is written.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, mergeJson, pollUntil, runOpenclaw } from "channel-testing";
import { listEntries } from "../support/folder-files.ts";
import { type Canary, scan, scanFolder, textCanary } from "../support/leak-scan.ts";
import { type InstalledMeshHost, startInstalledMeshHost } from "../support/mesh-installed-host.ts";
import { hearText } from "../support/mesh-person.ts";
import { readChannelAccount } from "./support/channel-accounts.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/mesh", import.meta.url));
const WAIT_MS = 60_000;
const PASSPHRASE = "marble otter saffron canoe";
/** Of the account's first folder, the one place for its words. */
const WORDS_AT_HOME = /(^|\/)sessions\/mesh\/\w+\/session(\.previous)?\.json: phrase$/;

/** Said directly, and nowhere else; the digit lets the model name the message. */
const DIRECT = ["zebra quilt mango-1", "pepper lantern cobalt-2", "walnut piano ember-3"] as const;
/** Said in a channel, for all to read. */
const PUBLIC = "violin harbor tundra-4";
const ANSWERS = ["answer to mango-1", "answer to cobalt-2", "answer to ember-3"];
const direct = [...DIRECT, ...ANSWERS].map((text) => textCanary(text, text));

const folder = mkdtempSync(path.join(tmpdir(), "mesh-operator-"));
const passphraseFile = path.join(folder, "passphrase");
const backupFile = path.join(folder, "bot.backup");
/** Everything that a command printed. */
const said: string[] = [];

let mesh: InstalledMeshHost;

async function openclaw(...args: string[]): Promise<CommandResult> {
  const result = await runOpenclaw(mesh.host, args, { check: false });
  said.push(args.join(" "), result.stdout, result.stderr);
  return result;
}

/** What a command with `--json` answers. */
async function ask(...args: string[]): Promise<unknown> {
  const { stderr, stdout } = await openclaw(...args, "--json");
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new TypeError(`no JSON: ${stdout}\n${stderr}`, { cause });
  }
}

const meshFolder = (): string => path.join(mesh.host.paths.stateDir, "sessions", "mesh");
const turnsAbout = (text: string): number =>
  mesh.model.requests.filter(({ lastUserText }) => lastUserText.includes(text)).length;

/** Everything that may be shown to nobody. */
function listCanaries(): Canary[] {
  return [...mesh.secrets, ...direct, textCanary("channel", PUBLIC)];
}

beforeAll(async () => {
  writeFileSync(passphraseFile, PASSPHRASE, { mode: 0o600 });
  mesh = await startInstalledMeshHost(folder, [
    { id: "again", text: DIRECT[2] },
    { id: "away", text: "never again" },
  ]);
});
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("a Mesh bot from its package", () => {
  it("answers directly and in a channel; what the operator sends goes to the channel, and to no name", async () => {
    const { alice, bot } = mesh;
    await alice.whisper(bot, DIRECT[0]);
    await hearText(alice, bot, "direct", "answer to mango-1");
    await alice.say("#dev", `Ada, ${PUBLIC}`);
    await hearText(alice, bot, "group", "answer to tundra-4");
    const send = ["message", "send", "--channel", "mesh", "--message", "hello"];
    const [sent, refused] = await Promise.all([
      openclaw(...send, "--target", "#dev"),
      openclaw(...send, "--target", "Alice"),
    ]);
    expect(sent.exitCode).toBe(0);
    await hearText(alice, bot, "group", "hello");
    expect(refused.exitCode).not.toBe(0);
  });

  it("is loaded from a checkout too, by --link", async () => {
    const other = await mesh.install("linked", "--link", PLUGIN);
    const args = ["plugins", "inspect", "mesh", "--runtime", "--json"];
    const { stdout } = await runOpenclaw(other, args);
    expect(JSON.parse(stdout)).toMatchObject({
      plugin: { id: "mesh", status: "loaded", channelIds: ["mesh"], rootDir: PLUGIN },
    });
  });
});

describe("the operator's commands beside the running gateway", () => {
  it("show neighbors, channels with their rules, the id, and what works and waits", async () => {
    const { bot, relay } = mesh;
    const [peers, channels] = await Promise.all([ask("mesh", "peers"), ask("mesh", "channels")]);
    const [identity, status] = await Promise.all([ask("mesh", "identity"), ask("mesh", "status")]);
    expect(peers).toMatchObject({
      running: true,
      neighbors: [{ peerId: relay.peerId, isProven: true, isOurs: true, direction: "out" }],
    });
    expect(channels).toMatchObject({
      groupPolicy: "allowlist",
      heard: 1,
      channels: [
        { id: "lobby", enabled: true, requireMention: true },
        { id: "#dev", enabled: true, requireMention: true },
      ],
    });
    expect(identity).toMatchObject({ userId: bot, backupConfirmed: false });
    expect(status).toMatchObject({
      accounts: [
        {
          accountId: "default",
          running: true,
          userId: bot,
          figures: { connected: true, links: 1, provenLinks: 1, deadLetters: 2 },
        },
        { accountId: "lonely", running: true, figures: { connected: false, links: 0 } },
      ],
    });
  });

  it("say of an account without a peer that it hears nobody, and of login who the bot is", async () => {
    const { bot } = mesh;
    const [status, login] = await Promise.all([
      openclaw("channels", "status"),
      openclaw("channels", "login", "--channel", "mesh"),
    ]);
    expect(status.stdout).toContain("the account knows no peer and does not listen");
    expect(login.stdout).toContain(bot);
  });

  it("name dead letters, hand one to the agent again, and delete one for good", async () => {
    const { alice, bot } = mesh;
    const [listed, unknown] = await Promise.all([
      ask("mesh", "dead-letters", "list"),
      openclaw("mesh", "dead-letters", "retry", "nothing"),
    ]);
    expect(listed).toMatchObject({
      deadLetters: [
        { id: "again", from: alice.peerId, reason: "gave_up" },
        { id: "away", from: alice.peerId, reason: "gave_up" },
      ],
    });
    expect(unknown).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("dead-letters") });
    const [retried, dropped] = await Promise.all([
      ask("mesh", "dead-letters", "retry", "again"),
      ask("mesh", "dead-letters", "drop", "away"),
    ]);
    expect([retried, dropped]).toEqual([
      { id: "again", outcome: "done" },
      { id: "away", outcome: "done" },
    ]);
    await hearText(alice, bot, "direct", "answer to ember-3");
  });

  it("back up to a sealed file, which status knows; a restore over the bot at work is refused", async () => {
    const { bot, gateway } = mesh;
    const sealed = ["--passphrase-file", passphraseFile];
    const backup = await ask("mesh", "backup", "--file", backupFile, ...sealed);
    const [refused, status] = await Promise.all([
      openclaw("mesh", "restore", backupFile, ...sealed),
      ask("mesh", "status", "--account", "default"),
    ]);
    expect(backup).toMatchObject({ userId: bot, verified: true });
    expect(statSync(backupFile).mode & 0o777).toBe(0o600);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`already in use by process ${gateway.pid}`),
    });
    expect(status).toMatchObject({
      accounts: [{ running: true, backupConfirmed: true, figures: { deadLetters: 0 } }],
    });
  });
});

describe("who is heard", () => {
  it("approved by the command that the code names, a stranger is heard from the next message on", async () => {
    const { bot, carol } = mesh;
    await carol.whisper(bot, "let me in");
    const text = await hearText(carol, bot, "direct", /openclaw pairing approve mesh \w+/);
    const [, code = ""] = /approve mesh (\w+)/.exec(text) ?? [];
    const approved = await openclaw("pairing", "approve", "mesh", code);
    expect(approved.exitCode).toBe(0);
    await hearText(carol, bot, "direct", /You're in/);
    await carol.whisper(bot, DIRECT[1]);
    await hearText(carol, bot, "direct", "answer to cobalt-2");
    expect(turnsAbout("let me in")).toBe(0);
  });

  it("whoever is taken off the lists is unheard from the next message on, without a restart", async () => {
    const { alice, bot, carol, gateway, host } = mesh;
    const { lastStartAt } = await readChannelAccount(gateway, "mesh", "default");
    const from = gateway.log.nextIndex;
    host.editConfig((config) =>
      mergeJson(config, {
        channels: {
          mesh: { dmPolicy: "allowlist", allowFrom: [carol.peerId], groupAllowFrom: [] },
        },
      }),
    );
    await pollUntil(
      () => readChannelAccount(gateway, "mesh", "default"),
      ({ allowFrom }) => JSON.stringify(allowFrom) === JSON.stringify([carol.peerId]),
      WAIT_MS,
      "the changed list in the running account",
    );
    await alice.whisper(bot, "removed-5");
    await gateway.log.waitFor(/mesh: drop dm_policy_\w+/, { from, timeoutMs: WAIT_MS });
    await alice.say("#dev", "Ada, removed-6");
    await gateway.log.waitFor(/mesh: drop group_policy_\w+/, { from, timeoutMs: WAIT_MS });
    await carol.whisper(bot, "kept-7");
    await hearText(carol, bot, "direct", "answer to kept-7");
    expect(turnsAbout("removed-")).toBe(0);
    expect((await readChannelAccount(gateway, "mesh", "default"))["lastStartAt"]).toBe(lastStartAt);
  });
});

describe("what is left of secrets and direct messages", () => {
  it("nothing in the gateway's logs in all detail, nor in its command line and environment", () => {
    const { alice, bot, carol, gateway, host } = mesh;
    const lines = gateway.log.lines.map(({ text }) => text);
    expect(lines.length).toBeGreaterThan(50);
    expect(scan(lines.join("\n"), listCanaries())).toEqual([]);
    expect(scan(readFileSync(host.paths.logFile), listCanaries())).toEqual([]);
    const own = lines.filter((line) => line.includes("[mesh]")).join("\n");
    expect(own).toContain(bot);
    for (const { peerId } of [alice, carol]) expect(own).not.toContain(peerId);
    const shown = ["cmdline", "environ"].map((name) =>
      readFileSync(`/proc/${gateway.pid}/${name}`),
    );
    expect(shown.flatMap((data) => scan(data, listCanaries()))).toEqual([]);
  });

  it("nothing in what status, doctor, the audit and our commands say, errors included", async () => {
    const { gateway } = mesh;
    await openclaw("doctor", "--non-interactive");
    await Promise.all([openclaw("security", "audit", "--json"), openclaw("status", "--json")]);
    for (const method of ["channels.status", "config.get"])
      said.push(JSON.stringify(await gateway.call(method, {})));
    said.push(readFileSync(backupFile, "utf8"));
    expect(said.length).toBeGreaterThan(50);
    expect(
      scan(said.join("\n"), [...listCanaries(), textCanary("passphrase", PASSPHRASE)]),
    ).toEqual([]);
  });

  it("nothing of direct messages in our databases; the words in the session file alone; all of it closed to others", () => {
    const { host, secrets } = mesh;
    expect(scanFolder(meshFolder(), direct)).toEqual([]);
    const spoken = scanFolder(meshFolder(), [textCanary("channel", PUBLIC)]);
    expect(spoken).not.toEqual([]);
    expect(spoken.filter((hit) => !hit.startsWith("default/peer/"))).toEqual([]);
    const found = scanFolder(host.paths.stateDir, secrets);
    expect(found).not.toEqual([]);
    expect(found.filter((hit) => !WORDS_AT_HOME.test(hit))).toEqual([]);
    const open = listEntries(meshFolder()).filter(({ mode }) => (mode & 0o077) !== 0);
    expect(open).toEqual([]);
  });

  it("a relay's store has what was said in the channel, and nothing of what was said directly", () => {
    const relayFolder = path.join(folder, "relay");
    expect(scanFolder(relayFolder, direct)).toEqual([]);
    expect(scanFolder(relayFolder, [textCanary("channel", PUBLIC)])).not.toEqual([]);
  });
});

describe("backups", () => {
  it("openclaw backup create takes the state along, and no more secrets than it has", async () => {
    const { host, secrets } = mesh;
    const archives = path.join(folder, "archives");
    const target = path.join(folder, "unpacked");
    mkdirSync(archives, { mode: 0o700 });
    // The gateway holds its databases meanwhile.
    await runOpenclaw(host, ["backup", "create", "--no-include-workspace", "--output", archives]);
    const [archive = ""] = readdirSync(archives);
    const source = path.join(archives, archive);
    await runOpenclaw(host, ["backup", "restore", source, "--target", target]);
    const kept = readdirSync(target, { recursive: true, encoding: "utf8" })
      .filter((name) => name.includes("/sessions/mesh/default/"))
      .map((name) => name.slice(name.indexOf("default/")));
    const files = ["session.json", "channel.db", "peer/own.db", "peer/mesh.db"];
    expect(kept).toEqual(expect.arrayContaining(files.map((name) => `default/${name}`)));
    const found = scanFolder(target, secrets);
    expect(found.filter((hit) => !WORDS_AT_HOME.test(hit))).toEqual([]);
  });

  it("our own brings the bot back once the gateway has stopped and its folder is lost", async () => {
    const { bot, gateway } = mesh;
    await gateway.stop();
    rmSync(path.join(meshFolder(), "default"), { recursive: true });
    const sealed = ["--passphrase-file", passphraseFile];
    const [restored, peers] = await Promise.all([
      ask("mesh", "restore", backupFile, ...sealed),
      ask("mesh", "peers"),
    ]);
    expect(restored).toEqual({ accountId: "default", userId: bot });
    expect(peers).toMatchObject({ running: false, neighbors: [] });
    const file = path.join(meshFolder(), "default", "session.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
