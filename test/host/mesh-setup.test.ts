// The first minutes with Mesh, as a person at a terminal has them; then without questions, by flags. The person's own peer and
// the relay between them are in this process.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CommandResult,
  ENTER,
  type Gateway,
  type Host,
  type JsonObject,
  openOpenclawTerminal,
  pollUntil,
  prepareHost,
  runOpenclaw,
  type ScriptedModel,
  startGateway,
  startScriptedModel,
} from "channel-testing";
import * as z from "zod";
import { createMeshPerson, hearText, type MeshPerson } from "../support/mesh-person.ts";
import { readJson } from "../support/read-json.ts";
import { createWizardUser, readCode } from "../support/setup-terminal.ts";
import { readChannelAccount } from "./support/channel-accounts.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/mesh", import.meta.url));
const MAX_PROMPTS = 5;
const MAX_SECONDS = 180;
const WAIT_MS = 60_000;
/** It looks at all of OpenClaw: ten seconds of CPU. */
const DOCTOR_MS = 240_000;
const ANSWER = "hello from the agent";
const PEER_ID = /[A-Za-z0-9_-]{43}/;
/** As docs/channels/mesh.md has them. */
const MOVE_TO_STORE = [
  "secrets store set MESH_MNEMONIC --kind secret",
  "config set channels.mesh.mnemonic --ref-provider default --ref-source store --ref-id MESH_MNEMONIC",
].map((command) => command.split(" "));
const LIST = "https://mesh.example.org/bootstrap.json";
const SessionSchema = z.looseObject({
  userId: z.string(),
  mnemonic: z.string().optional(),
  backupConfirmedAt: z.string().optional(),
});

const folder = mkdtempSync(path.join(tmpdir(), "mesh-setup-"));
const stack = new AsyncDisposableStack();
stack.defer(() => rmSync(folder, { recursive: true, force: true }));
let model: ScriptedModel;
let words: string[] = [];
let bot = "";

async function prepareFreshHost(name: string, mesh: JsonObject = {}): Promise<Host> {
  return await prepareHost({
    root: path.join(folder, name),
    model,
    channels: { mesh },
    plugins: { allow: ["mesh"], loadPaths: [PLUGIN] },
  });
}

function sessionFile({ paths }: Host): string {
  return path.join(paths.stateDir, "sessions", "mesh", "default", "session.json");
}

/** What doctor finds about Mesh; it breaks long lines and draws boxes around them. */
async function listFindings(host: Host): Promise<string[]> {
  const { stderr, stdout } = await runOpenclaw(host, ["doctor", "--non-interactive"], {
    check: false,
    timeoutMs: DOCTOR_MS,
  });
  const text = `${stdout}\n${stderr}`.replaceAll(/[\s│]+/g, " ");
  // Settings begin alike, but an account stands after a finding alone.
  const found = text.matchAll(/(?<=\s)mesh\.[a-z-]+(?= \(default\))/g);
  return [...new Set([...found].map(([id]) => id))];
}

beforeAll(async () => {
  model = stack.use(await startScriptedModel({ reply: () => ANSWER }));
});
afterAll(async () => {
  await stack.disposeAsync();
});

describe("the first five minutes with Mesh, in a terminal", () => {
  let host: Host;
  let gateway: Gateway;
  let relay: MeshPerson;
  let owner: MeshPerson;
  let screen = "";
  const figures = { prompts: 0, seconds: 0, exitCode: -1 };

  const meet = async (name: string): Promise<MeshPerson> =>
    stack.use(
      await createMeshPerson({
        folder: path.join(folder, name),
        ...(name === "relay" ? {} : { dial: relay.url }),
      }),
    );

  beforeAll(async () => {
    relay = await meet("relay");
    owner = await meet("owner");
    // All of this network is on one machine.
    host = await prepareFreshHost("wizard", { allowPrivateAddresses: true });
    const started = performance.now();
    await using terminal = openOpenclawTerminal(host, ["channels", "add", "mesh"]);
    const user = createWizardUser(terminal);
    await user.chooseCreate();
    words = await user.writeWordsDown();
    await user.answer(/Where are other peers\?/, `${relay.url}${ENTER}`);
    await user.answer(/Who may write[\s\S]*● You, and peers you approve[\s\S]*Nobody/, ENTER);
    await terminal.whenShown(/Others reach it by its peer id/);
    [bot] = await terminal.whenShown(PEER_ID);
    await owner.whisper(bot, await readCode(terminal));
    await user.confirmOwner(owner.peerId);
    figures.exitCode = await terminal.whenEnded(WAIT_MS);
    screen = terminal.raw();
    gateway = await startGateway(host);
    await owner.whisper(bot, "hi");
    await hearText(owner, bot, "direct", ANSWER);
    figures.prompts = user.prompts();
    figures.seconds = (performance.now() - started) / 1000;
    console.log(`first reply: ${figures.prompts} prompts, ${figures.seconds.toFixed(1)} s`);
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
  });

  const openclaw = async (...args: string[]): Promise<CommandResult> =>
    await runOpenclaw(host, args, { check: false });

  it("takes at most 5 prompts and 180 seconds to the agent's first answer", () => {
    expect(figures.exitCode).toBe(0);
    expect(figures.prompts).toBeLessThanOrEqual(MAX_PROMPTS);
    expect(figures.seconds).toBeLessThanOrEqual(MAX_SECONDS);
  });

  it("makes the peer that sent the code owner through the host's settings, and greets it", async () => {
    await hearText(owner, bot, "direct", /^You are the owner of this bot now/);
    expect(host.readConfig()).toMatchObject({
      channels: {
        mesh: {
          enabled: true,
          peers: [relay.url],
          dmPolicy: "pairing",
          allowFrom: [owner.peerId],
        },
      },
      commands: { ownerAllowFrom: [`mesh:${owner.peerId}`] },
      session: { dmScope: "per-channel-peer" },
    });
  });

  it("shows the words on the alternate screen only, and not in any log; the file is its user's alone", () => {
    const ESC = "\u001b";
    const [before = "", ...rest] = screen.split(`${ESC}[?1049h`);
    const left = rest.map((part) => part.split(`${ESC}[2J${ESC}[H${ESC}[?1049l`));
    expect(left.map((parts) => parts.length)).toEqual([2]);
    const kept = before + left.map(([, after]) => after).join("");
    const phrase = new RegExp(words.slice(0, 3).join(String.raw`[\s\S]{0,40}`));
    expect(kept).not.toMatch(phrase);
    expect(readFileSync(host.paths.logFile, "utf8")).not.toMatch(phrase);
    expect(statSync(sessionFile(host)).mode & 0o777).toBe(0o600);
    const session = readJson(sessionFile(host), SessionSchema);
    expect(session).toMatchObject({ userId: bot, backupConfirmedAt: expect.any(String) });
    expect(words).toHaveLength(12);
  });

  it("leaves nothing for doctor to complain about, and a status that is well", async () => {
    expect(await listFindings(host)).toEqual([]);
    const status = await openclaw("mesh", "status", "--json");
    expect(status.exitCode).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      accounts: [
        {
          accountId: "default",
          running: true,
          userId: bot,
          backupConfirmed: true,
          figures: { connected: true, links: 1, waitingInbound: 0, deadLetters: 0 },
        },
      ],
    });
  });

  it("lets another peer in by its code, beside the running gateway, while strangers hold the pairing slots", async () => {
    const strangers = [await meet("s1"), await meet("s2"), await meet("s3")];
    for (const stranger of strangers) {
      await stranger.whisper(bot, "let me in");
      await hearText(stranger, bot, "direct", /openclaw pairing approve mesh \w+/);
    }
    const second = await meet("second");
    await using terminal = openOpenclawTerminal(host, ["mesh", "owner"]);
    const code = await readCode(terminal);
    await second.whisper(bot, code);
    await terminal.whenShown(new RegExp(`The code came from ${second.peerId}[\\s\\S]*Is this you`));
    terminal.type(`y${ENTER}`);
    expect(await terminal.whenEnded(WAIT_MS)).toBe(0);
    await hearText(second, bot, "direct", /^You are the owner of this bot now/);
    await second.whisper(bot, "first words");
    await hearText(second, bot, "direct", ANSWER);
    expect(host.readConfig()).toMatchObject({
      commands: { ownerAllowFrom: [`mesh:${owner.peerId}`, `mesh:${second.peerId}`] },
    });
    expect(JSON.stringify(model.requests)).not.toContain(code);
    expect(readFileSync(host.paths.logFile, "utf8")).not.toContain(code);
  });

  it("moves the words into the secret store by the two commands of its page: the same bot, and nothing left to warn of", async () => {
    const [store = [], refer = []] = MOVE_TO_STORE;
    {
      await using terminal = openOpenclawTerminal(host, store);
      await terminal.whenShown(/Secret value/);
      terminal.type(`${words.join(" ")}${ENTER}`);
      expect(await terminal.whenEnded(WAIT_MS)).toBe(0);
    }
    await runOpenclaw(host, refer);
    await pollUntil(
      async () => readJson(sessionFile(host), SessionSchema),
      ({ mnemonic }) => mnemonic === undefined,
      WAIT_MS,
      "the words taken out of session.json",
    );
    await pollUntil(
      () => readChannelAccount(gateway, "mesh", "default"),
      ({ lifecycle, publicKey }) => lifecycle === "ready" && publicKey === bot,
      WAIT_MS,
      "the same bot with the words from the store",
    );
    const before = model.requests.length;
    await owner.whisper(bot, "still you?");
    await pollUntil(
      async () => model.requests.length,
      (count) => count > before,
      WAIT_MS,
      "a turn with the words from the store",
    );
    const probe = await openclaw("channels", "status", "--probe");
    expect(probe.stdout).toMatch(/Mesh default .*running, connected,.*works/);
    expect(probe.stdout).not.toContain("- mesh default:");
  });
});

describe("without questions", () => {
  let host: Host;

  beforeAll(async () => {
    host = await prepareFreshHost("unattended");
  });

  const setup = async (...args: string[]): Promise<{ exitCode: number; answer: unknown }> => {
    const all = ["mesh", "setup", ...args, "--json"];
    const { exitCode, stdout } = await runOpenclaw(host, all, { check: false });
    return { exitCode, answer: JSON.parse(stdout) };
  };

  it("is set up by flags, with what there is now in JSON, and again without harm", async () => {
    const flags = ["--bootstrap-url", LIST, "--channels", "lobby,#dev"];
    const { answer, exitCode } = await setup(...flags);
    expect(exitCode).toBe(0);
    expect(answer).toEqual({
      accountId: "default",
      userId: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      identity: "created",
      folder: path.dirname(sessionFile(host)),
      backupConfirmed: false,
      dmScope: expect.any(String),
    });
    const findings = await listFindings(host);
    expect(findings.toSorted()).toEqual([
      "mesh.backup-unconfirmed",
      "mesh.list-unsigned",
      "mesh.no-owner",
    ]);
    expect(host.readConfig()).toMatchObject({
      channels: {
        mesh: {
          enabled: true,
          bootstrapUrl: LIST,
          channels: ["lobby", "#dev"],
        },
      },
    });
    const again = await setup();
    expect(again.answer).toMatchObject({ identity: "kept", backupConfirmed: false });
  });

  it("refuses what is none, and the words of somebody else, with a code and nothing changed", async () => {
    const before = [host.readConfig(), readFileSync(sessionFile(host), "utf8")];
    const file = path.join(folder, "words.txt");
    writeFileSync(file, `${words.join(" ")}\n`, { mode: 0o600 });
    const wrong = await setup("--allow-from", "nobody");
    expect(wrong).toMatchObject({ exitCode: 1, answer: { error: { code: "config_invalid" } } });
    const other = await setup("--mnemonic-file", file);
    expect(other).toMatchObject({ exitCode: 1, answer: { error: { code: "identity_mismatch" } } });
    expect(JSON.stringify([wrong, other])).not.toContain(words.slice(0, 2).join(" "));
    expect([host.readConfig(), readFileSync(sessionFile(host), "utf8")]).toEqual(before);
  });

  it("brings the same bot back from a file with the words", async () => {
    host = await prepareFreshHost("restored");
    const { answer, exitCode } = await setup("--mnemonic-file", path.join(folder, "words.txt"));
    expect(exitCode).toBe(0);
    expect(answer).toMatchObject({ userId: bot, identity: "restored", backupConfirmed: true });
  });
});
