// What a gateway shows and keeps, with everything logged and no umask; then a backup of it, started elsewhere.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil, prepareHost, runOpenclaw, startGateway } from "channel-testing";
import type { Gateway, Host } from "channel-testing";
import {
  defaultCrypto,
  generateMnemonic,
  type GossipUserId,
  identityFromMnemonic,
  normalizeMnemonic,
} from "gossip-sdk";
import * as z from "zod";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { listEntries } from "../support/folder-files.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import {
  bytesCanary,
  type Canary,
  phraseCanaries,
  scan,
  scanFolder,
  textCanary,
} from "../support/leak-scan.ts";
import { readJson } from "../support/read-json.ts";
import { readZip } from "../support/read-zip.ts";
import { whenCopyNoticed } from "./support/gossip-accounts.ts";

const WAIT_MS = 60_000;
/** Messages each way after the backup; `AFTER_BACKUP=200` is the size that is asked for. */
const AFTER_BACKUP = Number(process.env["AFTER_BACKUP"] ?? 2);
/** For one of them, live. */
const TURN_MS = 5000;
/** OpenClaw tries an account again after pauses that double up to five minutes, a tenth more or less; then it has to start. */
const TAKE_OVER_MS = 400_000;
const REFERENCE_PHRASE = generateMnemonic();
const PASSPHRASE = "marble otter saffron canoe";
const SessionSchema = z.looseObject({ mnemonic: z.string() });

/** Bodies that appear nowhere else; the digit lets the model name the message. */
const BODIES = ["zebra quilt mango-1", "violin harbor tundra-2", "pepper lantern cobalt-3"];

let gossip: GossipHost;
let person: GossipPerson;
let bots: { generated: GossipUserId; referenced: GossipUserId };
let folder = "";
/** Where Node.js writes its crash reports. */
const reports = mkdtempSync(path.join(tmpdir(), "gossip-reports-"));
/** Of the user, on this machine: both gateways look there for a lock. */
const runtimeFolder = mkdtempSync(path.join(tmpdir(), "gossip-runtime-"));
/** Never to be seen anywhere but in the session file that holds it. */
let secrets: readonly Canary[] = [];
let generatedPhrase: readonly Canary[] = [];
let bodies: readonly Canary[] = [];

/** The one place for the words of the account whose words were made here. */
const WORDS_AT_HOME =
  /(^|\/)sessions\/gossip\/openclaw\/session(\.previous)?\.json: phrase of the made identity$/;

function ownFolder(host: Host): string {
  return path.join(host.paths.stateDir, "sessions", "gossip");
}

async function phraseSecrets(name: string, phrase: string): Promise<Canary[]> {
  const { secrets: keys, storageKey } = await identityFromMnemonic(
    normalizeMnemonic(phrase),
    defaultCrypto(),
  );
  return [
    ...phraseCanaries(`phrase of ${name}`, phrase),
    ...Object.entries({ ...keys, storageKey }).map(([key, value]) =>
      bytesCanary(`${key} of ${name}`, value.reveal()),
    ),
  ];
}

/** Command line and environment of the gateway and of what it started. */
function readProcesses(gateway: Gateway): Buffer[] {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    try {
      // Field 5 is the process group; the gateway leads its own.
      const group = readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[2];
      if (Number(group) !== gateway.pid) return [];
      return ["cmdline", "environ"].map((name) => readFileSync(`/proc/${id}/${name}`));
    } catch {
      // Gone meanwhile.
      return [];
    }
  });
}

beforeAll(async () => {
  const umask = process.umask(0);
  gossip = await startGossipHost({
    async section(network) {
      person = await network.openPerson("pat");
      return {
        enabled: true,
        dmPolicy: "allowlist",
        allowFrom: [person.id],
        turnBudget: { perPerson: 1000, perAccount: 10_000 },
        accounts: {
          referenced: { mnemonic: { source: "file", provider: "phrases", id: "/referenced" } },
        },
      };
    },
    reply: ({ lastUserText }) => `answer to ${/\b[a-z]+-\d+\b/.exec(lastUserText)?.[0]}`,
    env: {
      XDG_RUNTIME_DIR: runtimeFolder,
      // A report as of a crash, at a signal that nobody else uses.
      NODE_OPTIONS: `--report-on-signal --report-signal=SIGPROF --report-directory=${reports}`,
    },
    config: (root) => {
      folder = root;
      const file = path.join(root, "phrases.json");
      writeFileSync(file, JSON.stringify({ referenced: REFERENCE_PHRASE }), { mode: 0o600 });
      return {
        logging: { level: "trace", consoleLevel: "trace" },
        // One person talks to both accounts.
        session: { dmScope: "per-account-channel-peer" },
        secrets: { providers: { phrases: { source: "file", path: file, mode: "json" } } },
      };
    },
  }).finally(() => process.umask(umask));
  const { gateway, network } = gossip;
  bots = {
    generated: await network.findBot(gateway, "default", WAIT_MS),
    referenced: await network.findBot(gateway, "referenced", WAIT_MS),
  };
  const session = path.join(ownFolder(gossip.host), "openclaw", "session.json");
  const { mnemonic } = readJson(session, SessionSchema);
  generatedPhrase = await phraseSecrets("the made identity", mnemonic);
  secrets = await phraseSecrets("the referenced identity", REFERENCE_PHRASE);
  bodies = BODIES.map((body) => textCanary(body, body));
  for (const [index, body] of BODIES.entries()) {
    const bot = index === 0 ? bots.referenced : bots.generated;
    await person.say(bot, body);
    await person.hear(bot, (text) => text.startsWith("answer to"), WAIT_MS);
  }
  // A reload that fails, for errors to be written.
  writeFileSync(
    path.join(folder, "phrases.json"),
    JSON.stringify({ referenced: generateMnemonic() }),
  );
  await gateway.call("secrets.reload").catch(() => undefined);
  writeFileSync(
    path.join(folder, "phrases.json"),
    JSON.stringify({ referenced: REFERENCE_PHRASE }),
  );
  await gateway.call("secrets.reload");
});
afterAll(async () => {
  await gossip[Symbol.asyncDispose]();
  for (const made of [runtimeFolder, reports]) rmSync(made, { recursive: true, force: true });
});

describe("what a gateway shows", () => {
  it("has no secret and no message in its logs, in all detail", () => {
    const { gateway, host } = gossip;
    const lines = gateway.log.lines.map(({ text }) => text);
    const canaries = [...secrets, ...generatedPhrase, ...bodies];
    expect(lines.length).toBeGreaterThan(50);
    expect(scan(lines.join("\n"), canaries)).toEqual([]);
    expect(scan(readFileSync(host.paths.logFile), canaries)).toEqual([]);
    const ownLines = lines.filter((line) => line.includes("[gossip]"));
    expect(ownLines.join("\n")).not.toContain(person.id);
  });

  it("has none in status, configuration and the security audit, which finds nothing of ours", async () => {
    const { gateway, host } = gossip;
    const status = JSON.stringify(await gateway.call("channels.status", { probe: true }));
    const config = JSON.stringify(await gateway.call("config.get"));
    const [audit, shown] = await Promise.all([
      runOpenclaw(host, ["security", "audit", "--json"], { check: false }),
      runOpenclaw(host, ["status", "--json"]),
    ]);
    const said = [status, config, audit.stdout, audit.stderr, shown.stdout, shown.stderr];
    expect(scan(said.join("\n"), [...secrets, ...generatedPhrase, ...bodies])).toEqual([]);
    const { findings } = z
      .looseObject({ findings: z.array(z.unknown()) })
      .parse(JSON.parse(audit.stdout));
    const ours = findings.filter((finding) => /gossip/i.test(JSON.stringify(finding)));
    expect(ours).toEqual([]);
  });

  it("has none in doctor, in its own commands, and in what OpenClaw collects for support", async () => {
    const { host } = gossip;
    const archive = path.join(folder, "diagnostics.zip");
    const answers: { args: string[]; exitCode: number; said: string }[] = [];
    // Two at a time: a command keeps one core busy. Doctor may want the state for itself.
    for (const pair of [
      [["doctor", "--non-interactive"]],
      [
        ["channels", "status"],
        ["gossip", "status", "--json"],
      ],
      [
        ["gossip", "identity"],
        ["gossip", "contacts"],
      ],
      [
        ["gossip", "dead-letters", "list"],
        ["gateway", "diagnostics", "export", "--output", archive],
      ],
    ]) {
      const said = pair.map(async (args) => {
        const { exitCode, stderr, stdout } = await runOpenclaw(host, args, { check: false });
        return { args, exitCode, said: `${stdout}\n${stderr}` };
      });
      answers.push(...(await Promise.all(said)));
    }
    const canaries = [...secrets, ...generatedPhrase, ...bodies];
    for (const { args, exitCode, said } of answers) {
      expect([args, exitCode, scan(said, canaries)]).toEqual([args, 0, []]);
    }
    const exported = readZip(readFileSync(archive));
    expect([...exported.keys()]).toContain("diagnostics.json");
    expect([...exported].flatMap(([, data]) => scan(data, canaries))).toEqual([]);
  });

  it("has none in the report of a crash", async () => {
    process.kill(gossip.gateway.pid, "SIGPROF");
    const report = await pollUntil(
      async () =>
        readdirSync(reports).map((name) => readFileSync(path.join(reports, name), "utf8")),
      ([text]) => text?.trimEnd().endsWith("}") === true,
      WAIT_MS,
      "a whole report",
    );
    expect(report.join("")).toContain("javascriptHeap");
    expect(scan(report.join(""), [...secrets, ...generatedPhrase, ...bodies])).toEqual([]);
  });

  it("has none in a backup of ours but what its passphrase opens", async () => {
    const [file, passphraseFile] = ["bot.backup", "passphrase"].map((name) =>
      path.join(folder, name),
    );
    writeFileSync(passphraseFile ?? "", PASSPHRASE, { mode: 0o600 });
    const args = [
      "gossip",
      "backup",
      "--file",
      file ?? "",
      "--passphrase-file",
      passphraseFile ?? "",
    ];
    const { stderr, stdout } = await runOpenclaw(gossip.host, args);
    const said = [readFileSync(file ?? "", "utf8"), stdout, stderr].join("\n");
    const passphrase = textCanary("passphrase", PASSPHRASE);
    expect(scan(said, [...generatedPhrase, ...secrets, passphrase])).toEqual([]);
    expect(scanFolder(gossip.host.paths.stateDir, [passphrase])).toEqual([]);
  });

  it("has none in the command lines and environments of its processes", () => {
    const seen = readProcesses(gossip.gateway);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen.flatMap((data) => scan(data, [...secrets, ...generatedPhrase, ...bodies]))).toEqual(
      [],
    );
  });
});

describe("what a gateway keeps", () => {
  it("holds the made phrase in its session file alone, and the referenced one nowhere", () => {
    const found = scanFolder(gossip.host.paths.stateDir, [...generatedPhrase, ...secrets]);
    expect(found).not.toEqual([]);
    expect(found.filter((hit) => !WORDS_AT_HOME.test(hit))).toEqual([]);
  });

  it("has no message in our files", () => {
    expect(scanFolder(ownFolder(gossip.host), bodies)).toEqual([]);
  });

  it("is open to nobody else, also without a umask", () => {
    const own = ownFolder(gossip.host);
    const locks = path.join(runtimeFolder, "openclaw-gossip");
    const open = [own, locks].flatMap((root) =>
      listEntries(root).filter(({ mode }) => (mode & 0o077) !== 0),
    );
    expect(open).toEqual([]);
  });
});

describe("a backup that is started elsewhere", () => {
  let other: Gateway;
  afterAll(async () => {
    await other[Symbol.asyncDispose]();
  });

  it("holds no more secrets than the state itself", async () => {
    const { host } = gossip;
    mkdirSync(path.join(folder, "archives"), { mode: 0o700 });
    await runOpenclaw(host, [
      "backup",
      "create",
      "--no-include-workspace",
      "--output",
      path.join(folder, "archives"),
    ]);
    const [archive = ""] = readdirSync(path.join(folder, "archives"));
    const target = path.join(folder, "restored");
    await runOpenclaw(host, [
      "backup",
      "restore",
      path.join(folder, "archives", archive),
      "--target",
      target,
    ]);
    const found = scanFolder(target, [...generatedPhrase, ...secrets]);
    expect(found).not.toEqual([]);
    expect(found.filter((hit) => !WORDS_AT_HOME.test(hit))).toEqual([]);
  });

  it("is refused while the original runs, and names it", async () => {
    const restored = readdirSync(path.join(folder, "restored"), {
      recursive: true,
      encoding: "utf8",
    }).find((name) => name.endsWith("/sessions/gossip"));
    const stateDir = path.join(folder, "restored", path.dirname(path.dirname(restored ?? "")));
    cpSync(stateDir, path.join(folder, "elsewhere", ".openclaw"), { recursive: true });
    const { channels, secrets: providers } = gossip.host.readConfig();
    const copy = await prepareHost({
      root: path.join(folder, "elsewhere"),
      model: gossip.model,
      channels: isJsonObject(channels) ? channels : {},
      plugins: gossip.plugins,
      env: { XDG_RUNTIME_DIR: runtimeFolder },
      ownerAllowFrom: ["gossip:nobody"],
      config: { secrets: providers ?? {} },
    });
    other = await startGateway(copy);
    const { text } = await other.log.waitFor("already in use by", { timeoutMs: WAIT_MS });
    expect(text).toContain(`process ${gossip.gateway.pid} `);
    expect(text).toContain(gossip.host.paths.stateDir);
  });

  const takesOverMs = 5 * WAIT_MS + TAKE_OVER_MS + AFTER_BACKUP * TURN_MS;
  it(
    "takes over when the original has gone, notices that it is old, and answers nothing twice",
    {
      timeout: takesOverMs,
    },
    async () => {
      const ask = async (text: string, waitMs = WAIT_MS): Promise<void> => {
        await person.say(bots.generated, text);
        await person.hear(bots.generated, (heard) => heard === `answer to ${text}`, waitMs);
      };
      const meanwhile = Array.from({ length: AFTER_BACKUP }, (_, i) => `meanwhile-${1000 + i}`);
      for (const text of meanwhile) await ask(text);
      await gossip.gateway.stop();
      await ask("unread-5", TAKE_OVER_MS);
      const account = await whenCopyNoticed(other, "default", WAIT_MS);
      expect(account).toMatchObject({ publicKey: bots.generated });
      await ask("after-6");
      for (const text of ["tundra-2", "cobalt-3", ...meanwhile, "unread-5", "after-6"])
        expect([text, gossip.turnsAbout(text).length]).toEqual([text, 1]);
    },
  );
});
