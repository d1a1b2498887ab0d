// The first five minutes with Convos, as a person at a terminal has them, both ways; then what an operator does with the
// running gateway, and what is left of secrets wherever something is written.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DOWN,
  ENTER,
  openOpenclawTerminal,
  runOpenclaw,
  startGateway,
  type CommandResult,
  type Gateway,
  type TerminalSession,
} from "channel-testing";
import * as z from "zod";
import { ConvosCli } from "../support/convos-cli.ts";
import type { ServedConversation } from "../support/convos-cli-serve.ts";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import type { ConvosPerson } from "../support/convos-people.ts";
import { type Canary, phraseCanaries, scan, scanFolder, textCanary } from "../support/leak-scan.ts";
import { readJson } from "../support/read-json.ts";
import { readCode } from "../support/setup-terminal.ts";

const MAX_PROMPTS = 4;
const MAX_SECONDS = 180;
const WAIT_MS = 60_000;
const ADD = ["channels", "add", "convos"];
const CTRL_C = "\u0003";
const SessionSchema = z.looseObject({ mnemonic: z.string() });

/** Somebody who goes through the wizard. Each question that is answered counts. */
function createUser(terminal: TerminalSession) {
  let prompts = 0;
  return {
    prompts: () => prompts,
    answer: async (question: RegExp, keys: string): Promise<RegExpExecArray> => {
      const match = await terminal.whenShown(question);
      prompts += 1;
      terminal.type(keys);
      return match;
    },
  };
}

/** A host with the plugin in place, and nothing set up but the address of the node. */
async function prepareFresh(): Promise<ConvosHost> {
  return await prepareConvosHost({
    reply: ({ lastUserText }) => `answer to ${/\bask-\w+/.exec(lastUserText)?.[0]}`,
    section: (net) => ({ env: "local", apiUrl: net.node.url }),
    owners: () => [],
    config: () => ({ logging: { level: "trace", consoleLevel: "trace" } }),
  });
}

function accountFolder({ host }: ConvosHost): string {
  return path.join(host.paths.stateDir, "sessions", "convos", "default");
}

async function convosCommand({ host }: ConvosHost, ...args: string[]): Promise<CommandResult> {
  return await runOpenclaw(host, ["convos", ...args], { check: false });
}

/** What may be shown to nobody: the words, the end of an invite, what people wrote. */
function secretsOf(
  convos: ConvosHost,
  invites: readonly string[],
  texts: readonly string[],
): Canary[] {
  const session = readJson(path.join(accountFolder(convos), "session.json"), SessionSchema);
  return [
    ...phraseCanaries("phrase", session.mnemonic),
    ...invites.map((url, index) => textCanary(`invite ${index}`, url.slice(-24))),
    ...texts.map((text) => textCanary("message", text)),
  ];
}

describe("joining by an invite", () => {
  let convos: ConvosHost;
  let gateway: Gateway;
  /** The unmodified Convos CLI, in the conversation that it made. */
  let phone: ServedConversation;
  let raw = "";
  const figures = { prompts: 0, seconds: 0, exitCode: -1 };

  beforeAll(async () => {
    convos = await prepareFresh();
    const cli = new ConvosCli(convos.net.folderFor("phone"));
    phone = await cli.serve(undefined, { name: "Family", profileName: "Alice" });
    const started = performance.now();
    await using terminal = openOpenclawTerminal(convos.host, ADD);
    const user = createUser(terminal);
    await user.answer(/How does the agent get into a conversation[\s\S]*Later/, ENTER);
    await user.answer(/Paste the invite link/, `${phone.inviteUrl}${ENTER}`);
    await user.answer(/Invite to [\s\S]*Join it\?/, "y");
    await terminal.whenShown(/the app let the agent in/, WAIT_MS);
    await phone.send(await readCode(terminal));
    await user.answer(new RegExp(`Is this you\\? ${phone.inboxId}`), "y");
    figures.exitCode = await terminal.whenEnded(WAIT_MS);
    raw = terminal.raw();
    gateway = await startGateway(convos.host);
    await gateway.log.waitFor(/in conversation/, { timeoutMs: WAIT_MS });
    await phone.send("hello, ask-one");
    await phone.message(/answer to ask-one/, WAIT_MS);
    figures.prompts = user.prompts();
    figures.seconds = (performance.now() - started) / 1000;
    console.log(`joined: ${figures.prompts} prompts, ${figures.seconds.toFixed(1)} s`);
  }, 400_000);
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await phone?.[Symbol.asyncDispose]();
    await convos?.[Symbol.asyncDispose]();
  });

  it("takes at most 4 prompts and 180 seconds to the agent's first answer", () => {
    expect(figures.exitCode).toBe(0);
    expect(figures.prompts).toBeLessThanOrEqual(MAX_PROMPTS);
    expect(figures.seconds).toBeLessThanOrEqual(MAX_SECONDS);
  });

  it("shows how it goes in a line, and ends with what there is now", () => {
    expect(raw).toMatch(/identity ok -> .*\(0:\d\d\) \[Ctrl-C keeps it pending\]/);
    expect(raw).toMatch(/Conversation: "Family", 2 members/);
    expect(raw).toContain("openclaw convos backup");
  });

  it("makes the person owner through the host's settings", () => {
    expect(convos.host.readConfig()).toMatchObject({
      channels: { convos: { enabled: true, ownerConversationId: phone.conversationId } },
      commands: { ownerAllowFrom: [`convos:${phone.inboxId}`] },
    });
  });

  it("shows the conversation and its members, and refuses what only its maker may", async () => {
    expect(await gateway.call("convos.conversations")).toMatchObject({
      conversations: [{ id: phone.conversationId, memberCount: 2, isCreator: false }],
      joins: [],
    });
    const members = await convosCommand(convos, "members");
    expect(members.stdout).toMatch(new RegExp(`${phone.inboxId} {2}"Alice"`));
    const refused = await convosCommand(convos, "invite");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/invites and locks are for the one who made a conversation/);
  });

  it("backs up to a sealed file, and leaves no word, invite or message where it does not belong", async () => {
    const passphrase = path.join(convos.host.paths.root, "passphrase");
    const backup = path.join(convos.host.paths.root, "agent.backup");
    writeFileSync(passphrase, "marble otter saffron canoe\n", { mode: 0o600 });
    const outputs = [raw, JSON.stringify(await gateway.call("channels.status", { probe: true }))];
    for (const args of [
      ["convos", "backup", "--file", backup, "--passphrase-file", passphrase],
      ["convos", "status", "--json"],
      ["convos", "identity"],
      ["doctor", "--non-interactive"],
    ]) {
      // One after the other: each is a process that needs a core for seconds.
      const { stderr, stdout } = await runOpenclaw(convos.host, args, { check: false });
      outputs.push(stderr, stdout);
    }
    outputs.push(readFileSync(convos.host.paths.logFile, "utf8"), readFileSync(backup, "utf8"));
    // Readable by every program of this user.
    for (const part of ["cmdline", "environ"]) {
      outputs.push(readFileSync(`/proc/${gateway.pid}/${part}`, "utf8"));
    }
    const secrets = secretsOf(convos, [phone.inviteUrl], ["hello, ask-one"]);
    expect(outputs.flatMap((text) => scan(text, secrets))).toEqual([]);
    // The one clear-text secret, and nothing else of the account's folder.
    expect(scanFolder(accountFolder(convos), secrets)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^session\.json: phrase$/)]),
    );
    const elsewhere = scanFolder(accountFolder(convos), secrets).filter(
      (hit) => !/^session(\.previous)?\.json: phrase$/.test(hit),
    );
    expect(elsewhere).toEqual([]);
  });
});

describe("making a conversation", () => {
  let convos: ConvosHost;
  let gateway: Gateway;
  let owner: ConvosPerson;
  let url = "";
  let room = "";
  const figures = { prompts: 0, seconds: 0, exitCode: -1 };

  beforeAll(async () => {
    convos = await prepareFresh();
    owner = await convos.net.person("Olga");
    const started = performance.now();
    await using terminal = openOpenclawTerminal(convos.host, ADD);
    const user = createUser(terminal);
    await user.answer(/How does the agent get into a conversation[\s\S]*Later/, `${DOWN}${ENTER}`);
    // To its end: a terminal's output comes in pieces.
    [url] = await terminal.whenShown(/https:\/\/\S+(?:\?i=|\/v2)\S+(?=\s)/, WAIT_MS);
    const code = readCode(terminal);
    ({ id: room } = await owner.join(url));
    await owner.sendText(room, await code);
    await user.answer(/Is this you\? \w{64}/, "y");
    figures.exitCode = await terminal.whenEnded(WAIT_MS);
    gateway = await startGateway(convos.host);
    await gateway.log.waitFor(/in conversation/, { timeoutMs: WAIT_MS });
    await owner.sendText(room, "hello, ask-two");
    await hear(owner, "answer to ask-two");
    figures.prompts = user.prompts();
    figures.seconds = (performance.now() - started) / 1000;
    console.log(`made: ${figures.prompts} prompts, ${figures.seconds.toFixed(1)} s`);
  }, 400_000);
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await convos?.[Symbol.asyncDispose]();
  });

  const pictures = (): string[] =>
    readdirSync(accountFolder(convos)).filter((name) => name.endsWith(".png"));

  it("takes at most 4 prompts and 180 seconds to the agent's first answer", () => {
    expect(figures.exitCode).toBe(0);
    expect(figures.prompts).toBeLessThanOrEqual(MAX_PROMPTS);
    expect(figures.seconds).toBeLessThanOrEqual(MAX_SECONDS);
  });

  it("keeps the picture of the code for this user alone, and the link in no file", () => {
    const [picture = "", ...others] = pictures();
    expect(others).toEqual([]);
    const { mode } = statSync(path.join(accountFolder(convos), picture));
    expect(mode & 0o777).toBe(0o600);
    const link = [textCanary("invite", url.slice(-24))];
    const { configFile, logFile } = convos.host.paths;
    const shown = [configFile, logFile].flatMap((file) => scan(readFileSync(file), link));
    expect([...scanFolder(accountFolder(convos), link), ...shown]).toEqual([]);
  });

  it("invites for a time and one person, revokes, locks, and leaves, through the gateway", async () => {
    const made = await convosCommand(convos, "invite", "--expires", "2h", "--single-use", "--json");
    const invite: unknown = JSON.parse(made.stdout);
    expect(invite).toMatchObject({
      conversationId: room,
      singleUse: true,
      expiresAt: expect.any(String),
    });
    const revoked = await convosCommand(convos, "invite", "revoke");
    expect(revoked.stdout).toContain("has ended");
    expect(pictures()).toEqual([]);
    const locked = await convosCommand(convos, "lock", room.slice(0, 8), "--json");
    expect(JSON.parse(locked.stdout)).toEqual({ conversationId: room, isLocked: true });
  });

  it("keeps a join pending after Ctrl-C, says so, and completes it without the wizard", async () => {
    const away = await convos.net.person("Away");
    const { id } = await away.client.createConversation({ name: "Later" });
    const { url: later } = await away.client.createInvite(id);
    await away.stop();
    await using terminal = openOpenclawTerminal(convos.host, ADD);
    const user = createUser(terminal);
    await user.answer(/Convos account[\s\S]*● default/, ENTER);
    await user.answer(/How does the agent get into a conversation[\s\S]*Later/, ENTER);
    await user.answer(/Paste the invite link/, `${later}${ENTER}`);
    await user.answer(/Join it\?/, "y");
    await terminal.whenShown(/waiting for approval in the Convos app \(0:0\d\)/, WAIT_MS);
    terminal.type(CTRL_C);
    await terminal.whenShown(/Kept pending[\s\S]*openclaw convos status/);
    expect(await terminal.whenEnded(WAIT_MS)).toBe(0);
    const status = await convosCommand(convos, "status");
    expect(status.stdout).toMatch(/join pending since .*openclaw convos join cancel/);
    await away.start();
    await gateway.log.waitFor(new RegExp(`in conversation ${id}`), { timeoutMs: WAIT_MS });
  });

  it("ends a conversation for everybody after its id was typed, and not before", async () => {
    const refused = await convosCommand(convos, "explode", room);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("not confirmed");
    await using terminal = openOpenclawTerminal(convos.host, ["convos", "explode", room]);
    await terminal.whenShown(/Type \w{32} to go on/);
    terminal.type(`${room}${ENTER}`);
    expect(await terminal.whenEnded(WAIT_MS)).toBe(0);
    await owner.next("ended");
  });
});

async function hear(person: ConvosPerson, text: string): Promise<void> {
  for (;;) {
    const event = await person.next("message");
    if (event.text.includes(text)) return;
  }
}
