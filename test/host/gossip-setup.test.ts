import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DOWN,
  ENTER,
  openOpenclawTerminal,
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
import { createWizardUser, readCode } from "../support/setup-terminal.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));
const MAX_PROMPTS = 5;
const MAX_SECONDS = 180;
const WAIT_MS = 60_000;

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

/** How many lines below the first option of a list the one with this name is. */
function placeOf(list: string, name: string): number {
  const options = list.split("\n").filter((line) => /[●○]/.test(line));
  return options.findIndex((line) => line.includes(name));
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
  const figures = { prompts: 0, seconds: 0, exitCode: -1 };

  beforeAll(async () => {
    host = await prepareFreshHost("create");
    owner = await network.openPerson("owner");
    const started = performance.now();
    await using terminal = openOpenclawTerminal(host, ["channels", "add", "gossip"]);
    const user = createWizardUser(terminal);
    await user.chooseCreate();
    words = await user.writeWordsDown();
    bot = await user.letApprovedPeopleWrite();
    await owner.say(bot, await user.askForCode());
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
    const identity = path.join(host.paths.stateDir, "sessions", "gossip", "openclaw");
    const png = path.join(identity, "contact.png");
    expect(readFileSync(png).subarray(1, 4).toString()).toBe("PNG");
    expect(statSync(png).mode & 0o777).toBe(0o600);
    const session: unknown = JSON.parse(readFileSync(path.join(identity, "session.json"), "utf8"));
    expect(session).toMatchObject({ userId: bot, backupConfirmedAt: expect.any(String) });
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
    const phone = await network.openPerson("phone");
    await using terminal = openOpenclawTerminal(host, ["gossip", "owner"]);
    const code = await readCode(terminal);
    await phone.say(bot, code);
    await terminal.whenShown(new RegExp(`The code came from ${phone.id}[\\s\\S]*Is this you`));
    terminal.type(`y${ENTER}`);
    expect(await terminal.whenEnded()).toBe(0);
    await phone.say(bot, "first words");
    await phone.hear(bot, (text) => text === "hello from the agent", WAIT_MS);
    expect(host.readConfig()).toMatchObject({
      commands: { ownerAllowFrom: [`gossip:${owner.id}`, `gossip:${phone.id}`] },
    });
    const seen = model.requests.map((request) => JSON.stringify(request)).join("\n");
    expect(seen).not.toContain(code);
    expect(readFileSync(host.paths.logFile, "utf8")).not.toContain(code);
  });

  it("gives the same bot back on another machine, by configure and the words", async () => {
    const other = await prepareFreshHost("restore");
    await using terminal = openOpenclawTerminal(other, ["configure", "--section", "channels"]);
    const user = createWizardUser(terminal);
    await user.answer(/Channel setup\s[\s\S]*Remove channel config/, ENTER);
    const list = await terminal.whenShown(/Select a channel([\s\S]*)Finished/);
    terminal.type(`${DOWN.repeat(placeOf(list[1] ?? "", "Gossip"))}${ENTER}`);
    await user.chooseRestore();
    await user.answer(/Recovery phrase[\s\S]*Word 1:/, `${words.join(" ")}${ENTER}`);
    await user.answer(new RegExp(`Is this your bot\\? ${bot}`), "y");
    expect(await user.letApprovedPeopleWrite()).toBe(bot);
    await user.leaveOwnerForLater();
    await terminal.whenShown(/Select a channel[\s\S]*Finished/);
    terminal.type(`${UP}${ENTER}`);
    await user.answer(/administration from your own[\s\S]*Skip for now/, ENTER);
    expect(await terminal.whenEnded()).toBe(0);
    expect(terminal.raw()).not.toContain(words.slice(0, 2).join(" "));
    const identity = path.join(other.paths.stateDir, "sessions", "gossip", "openclaw");
    const session: unknown = JSON.parse(readFileSync(path.join(identity, "session.json"), "utf8"));
    expect(session).toMatchObject({ userId: bot, backupConfirmedAt: expect.any(String) });
    expect(other.readConfig()).toMatchObject({ channels: { gossip: { enabled: true } } });
  });

  it("is set up without questions, by flags and a file, with the id in JSON", async () => {
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
    const refused = await runOpenclaw(
      unattended,
      ["gossip", "setup", "--allow-from", "nobody", "--json"],
      { check: false },
    );
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "config_invalid" } });
  });
});
