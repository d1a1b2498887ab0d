import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DOWN,
  ENTER,
  isJsonObject,
  openOpenclawTerminal,
  pollUntil,
  prepareHost,
  runOpenclaw,
  startGateway,
  startScriptedModel,
  UP,
} from "channel-testing";
import type { Gateway, Host, ScriptedModel } from "channel-testing";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import type { GossipNetwork } from "../../scripts/start/gossip-network.ts";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { createWizardUser, placeOf, readCode } from "../support/setup-terminal.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const MAX_PROMPTS = 5;
const MAX_SECONDS = 180;
const WAIT_MS = 60_000;
/** The whole wizard without the steps that need a model, a service manager or the network. */
const ONBOARD = [
  ..."onboard --classic --flow quickstart --mode local --accept-risk".split(" "),
  ..."--auth-choice skip --gateway-auth token".split(" "),
  ...["daemon", "health", "search", "skills", "hooks", "ui"].map((step) => `--skip-${step}`),
];
const CONFIGURE = ["configure", "--section", "channels"];
/** As the wizard prints them. */
const MOVE_TO_STORE = [
  "openclaw secrets store set GOSSIP_MNEMONIC --kind secret",
  "openclaw config set channels.gossip.mnemonic --ref-provider default --ref-source store --ref-id GOSSIP_MNEMONIC",
];

let folder = "";
let network: GossipNetwork;
let model: ScriptedModel;

/** A host with the plugin in place and nothing set up but the relay's address. */
async function prepareFreshHost(name: string): Promise<Host> {
  return await prepareHost({
    root: path.join(folder, name),
    model,
    channels: { gossip: { protocolUrl: network.relayUrl } },
    plugins: { allow: ["gossip"], loadPaths: [PLUGIN] },
  });
}

function identityFolder(host: Host): string {
  return path.join(host.paths.stateDir, "sessions", "gossip", "openclaw");
}

function readSession(host: Host): unknown {
  return JSON.parse(readFileSync(path.join(identityFolder(host), "session.json"), "utf8"));
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gossip-setup-"));
  network = await openGossipNetwork(folder);
  model = await startScriptedModel({ reply: () => "hello from the agent" });
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("the first five minutes, in a terminal", () => {
  let host: Host;
  let gateway: Gateway;
  let owner: GossipPerson;
  let bot = "";
  let words: string[] = [];
  let screen = "";
  let next: Host;
  let phone: GossipPerson;
  const figures = { prompts: 0, seconds: 0, exitCode: -1 };

  beforeAll(async () => {
    host = await prepareFreshHost("create");
    owner = await network.openPerson("owner");
    const started = performance.now();
    await using terminal = openOpenclawTerminal(host, ["channels", "add", "gossip"]);
    const user = createWizardUser(terminal);
    await user.chooseCreate();
    words = await user.writeWordsDown();
    const card = await user.letOwnerWrite();
    bot = card.bot;
    await owner.say(bot, card.code);
    await user.confirmOwner(owner.id);
    figures.exitCode = await terminal.whenEnded();
    screen = terminal.raw();
    gateway = await startGateway(host);
    await owner.say(bot, "hi");
    await owner.hear(bot, (text) => text === "hello from the agent", WAIT_MS);
    figures.prompts = user.prompts();
    figures.seconds = (performance.now() - started) / 1000;
    console.log(`first reply: ${figures.prompts} prompts, ${figures.seconds.toFixed(1)} s`);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  it("takes at most 5 prompts and 180 seconds to the agent's first answer", () => {
    expect(figures.exitCode).toBe(0);
    expect(figures.prompts).toBeLessThanOrEqual(MAX_PROMPTS);
    expect(figures.seconds).toBeLessThanOrEqual(MAX_SECONDS);
  });

  it("makes the person owner through the host's settings, and greets him", async () => {
    await owner.hear(bot, (text) => text.startsWith("You are the owner"), WAIT_MS);
    expect(host.readConfig()).toMatchObject({
      channels: { gossip: { enabled: true, dmPolicy: "pairing", allowFrom: [owner.id] } },
      commands: { ownerAllowFrom: [`gossip:${owner.id}`] },
      session: { dmScope: "per-channel-peer" },
    });
  });

  it("shows the words on the alternate screen only, and not in any log", () => {
    // From the switch to the alternate screen to its wiping and the switch back.
    const ESC = "\u001b";
    const [before = "", ...rest] = screen.split(`${ESC}[?1049h`);
    const left = rest.map((part) => part.split(`${ESC}[2J${ESC}[H${ESC}[?1049l`));
    expect(left.map((parts) => parts.length)).toEqual([2]);
    const kept = before + left.map(([, after]) => after).join("");
    const phrase = new RegExp(words.slice(0, 3).join(String.raw`[\s\S]{0,40}`));
    expect(kept).not.toMatch(phrase);
    expect(kept).not.toMatch(/\b1\. /);
    expect(readFileSync(host.paths.logFile, "utf8")).not.toMatch(phrase);
  });

  it("keeps the picture of the code and the mark of the backup for this user alone", () => {
    const png = path.join(identityFolder(host), "contact.png");
    expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
    expect(statSync(png).mode & 0o777).toBe(0o600);
    expect(readSession(host)).toMatchObject({ userId: bot, backupConfirmedAt: expect.any(String) });
  });

  it("lets a second phone in by its code while strangers hold every pairing slot", async () => {
    const strangers = await Promise.all(
      ["s1", "s2", "s3", "s4"].map((name) => network.openPerson(name)),
    );
    await Promise.all(strangers.map((stranger) => stranger.say(bot, "let me in")));
    const codes = strangers.map((stranger) =>
      stranger.hear(bot, (text) => text.includes("pairing approve"), WAIT_MS),
    );
    // Three of the four get one; the host keeps no more waiting.
    await Promise.any(codes.map(async (_, index) => await Promise.all(codes.toSpliced(index, 1))));
    codes.forEach((code) => void code.catch(() => undefined));
    const second = await network.openPerson("second phone");
    await using terminal = openOpenclawTerminal(host, ["gossip", "owner"]);
    const code = await readCode(terminal);
    await second.say(bot, code);
    await terminal.whenShown(new RegExp(`The code came from ${second.id}[\\s\\S]*Is this you`));
    terminal.type(`y${ENTER}`);
    expect(await terminal.whenEnded()).toBe(0);
    await second.hear(bot, (text) => text.startsWith("You are the owner"), WAIT_MS);
    await second.say(bot, "first words");
    await second.hear(bot, (text) => text === "hello from the agent", WAIT_MS);
    expect(host.readConfig()).toMatchObject({
      commands: { ownerAllowFrom: [`gossip:${owner.id}`, `gossip:${second.id}`] },
    });
    const seen = model.requests.map((request) => JSON.stringify(request)).join("\n");
    expect(seen).not.toContain(code);
    expect(readFileSync(host.paths.logFile, "utf8")).not.toContain(code);
  });

  it("gives the same bot back on another machine, by onboard and the words, and answers", async () => {
    // One identity runs in one place.
    await gateway.stop();
    next = await prepareFreshHost("restore");
    phone = await network.openPerson("next phone");
    const started = performance.now();
    await using terminal = openOpenclawTerminal(next, ONBOARD);
    const user = createWizardUser(terminal);
    await terminal.whenShown(/make OpenClaw better[\s\S]*● No thanks/);
    terminal.type(ENTER);
    await terminal.whenShown(/What should we call your first agent/);
    terminal.type(ENTER);
    await terminal.whenShown(/Select channel[\s\S]*to search/);
    terminal.type("gossip");
    await terminal.whenShown(/Search: gossip[\s\S]*1 match/);
    terminal.type(ENTER);
    await user.chooseRestore();
    await user.answer(/Recovery phrase[\s\S]*Word 1:/, `${words.join(" ")}${ENTER}`);
    await user.answer(new RegExp(`Is this your bot\\? ${bot}`), "y");
    const card = await user.letOwnerWrite();
    expect(card.bot).toBe(bot);
    await phone.say(bot, card.code);
    await user.confirmOwner(phone.id);
    expect(await terminal.whenEnded()).toBe(0);
    gateway = await startGateway(next);
    await phone.say(bot, "hi again");
    await phone.hear(bot, (text) => text === "hello from the agent", WAIT_MS);
    const seconds = (performance.now() - started) / 1000;
    console.log(`first reply, restored: ${user.prompts()} prompts, ${seconds.toFixed(1)} s`);
    expect(user.prompts()).toBeLessThanOrEqual(MAX_PROMPTS);
    expect(seconds).toBeLessThanOrEqual(MAX_SECONDS);
    expect(terminal.raw()).not.toContain(words.slice(0, 2).join(" "));
    for (const command of MOVE_TO_STORE) expect(terminal.screen()).toContain(command);
    expect(readSession(next)).toMatchObject({ userId: bot, backupConfirmedAt: expect.any(String) });
    expect(next.readConfig()).toMatchObject({
      channels: { gossip: { enabled: true } },
      commands: { ownerAllowFrom: [`gossip:${phone.id}`] },
    });
  });

  it("moves the restored words into the secret store by the two commands that the wizard names", async () => {
    const [store, refer] = MOVE_TO_STORE.map((command) => command.split(" ").slice(1));
    {
      await using terminal = openOpenclawTerminal(next, store ?? []);
      await terminal.whenShown(/Secret value/);
      terminal.type(`${words.join(" ")}${ENTER}`);
      expect(await terminal.whenEnded()).toBe(0);
      expect(terminal.raw()).not.toContain(words.slice(0, 2).join(" "));
    }
    await runOpenclaw(next, refer ?? []);
    await pollUntil(
      async () => readSession(next),
      (session) => isJsonObject(session) && session["mnemonic"] === undefined,
      WAIT_MS,
      "the words taken out of session.json",
    );
    await phone.say(bot, "still you?");
    await phone.hear(bot, (text) => text === "hello from the agent", WAIT_MS);
  });

  it("is set up without questions, by flags and a file, with the id in JSON; configure keeps it", async () => {
    const unattended = await prepareFreshHost("unattended");
    const file = path.join(folder, "words.txt");
    writeFileSync(file, `${words.join(" ")}\n`, { mode: 0o600 });
    const done = await runOpenclaw(unattended, [
      "gossip",
      "setup",
      "--mnemonic-file",
      file,
      "--json",
    ]);
    expect(JSON.parse(done.stdout)).toMatchObject({
      accountId: "default",
      userId: bot,
      identity: "restored",
      backupConfirmed: true,
    });
    expect(unattended.readConfig()).toMatchObject({ channels: { gossip: { enabled: true } } });
    {
      await using terminal = openOpenclawTerminal(unattended, CONFIGURE);
      const user = createWizardUser(terminal);
      await user.answer(/Channel setup\s[\s\S]*Remove channel config/, ENTER);
      const list = await terminal.whenShown(/Select a channel([\s\S]*)Finished/);
      terminal.type(`${DOWN.repeat(placeOf(list[1] ?? "", "Gossip"))}${ENTER}`);
      await user.answer(/Identity[\s\S]*● Keep gossip1[\s\S]*Replace it/, ENTER);
      expect(await user.letApprovedPeopleWrite()).toBe(bot);
      await terminal.whenShown(/Select a channel[\s\S]*Finished/);
      terminal.type(`${UP}${ENTER}`);
      await user.answer(/administration from your own[\s\S]*Skip for now/, ENTER);
      expect(await terminal.whenEnded()).toBe(0);
    }
    expect(readSession(unattended)).toMatchObject({ userId: bot });
    const refused = await runOpenclaw(
      unattended,
      ["gossip", "setup", "--allow-from", "nobody", "--json"],
      { check: false },
    );
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "config_invalid" } });
  });
});
