// Damages the state of an account again and again, and starts the account on it: it must refuse, or go on as before.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDurableStore, openIngressQueue, tryParseStoredIngressEvent } from "channel-durability";
import { claimIdentity, findIdentity, renameIdentity } from "channel-kit";
import { startRelay } from "gossip-relay";
import type { Identity } from "gossip-sdk";
import {
  deriveDurableKey,
  identityMaker,
  openConnection,
} from "../../extensions/gossip/src/client.ts";
import { readCode } from "../../extensions/gossip/src/errors.ts";
import { startBot } from "../support/gossip-bot.ts";
import { createPerson } from "../support/gossip-person.ts";
import { damageFile, type Damage } from "./damage.ts";

const ACCOUNT = { accountId: "default", username: "openclaw" };
const FILES = ["session.json", "session.previous.json", "gossip.db", "channel.db"] as const;
const MESSAGES = 3;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** What an account may say to damaged state. Anything else is an accident. */
const REFUSALS = new Set([
  "identity_unreadable",
  "identity_newer",
  "identity_unsafe",
  "identity_mismatch",
  "mnemonic_invalid",
  "mnemonic_missing",
  "username_taken",
  "state_unreadable",
  "state_newer",
  "wrong_key",
  "insecure_state_path",
  "corrupt_row",
]);

export interface DamageReport {
  readonly cases: number;
  readonly refused: number;
  /** Started as the same identity: the damage was in the file that is not needed, in free space, or in a name. */
  readonly kept: number;
  /** Anything that is neither, with the case that shows it. Must stay empty. */
  readonly accidents: string[];
}

interface Template {
  readonly stateDir: string;
  readonly userId: string;
}

/** Derives each phrase once, for Argon2id takes most of a start, and counts phrases that were made anew. */
class RememberingMaker {
  made = 0;
  readonly #known = new Map<string, Promise<Identity>>();

  generateWords(): string {
    this.made += 1;
    return identityMaker.generateWords();
  }

  derive(words: string): Promise<Identity> {
    const known = this.#known.get(words) ?? identityMaker.derive(words);
    this.#known.set(words, known);
    return known;
  }
}

export async function runDamages(options: { cases: number; seed: number }): Promise<DamageReport> {
  const root = mkdtempSync(path.join(tmpdir(), "gossip-damage-"));
  try {
    const template = await makeTemplate(root);
    const maker = new RememberingMaker();
    const report = { cases: 0, refused: 0, kept: 0, accidents: [] as string[] };
    for (let number = 0; number < options.cases; number += 1) {
      const name = FILES[Math.floor(number / 8) % FILES.length] ?? "session.json";
      const stateDir = path.join(root, "case");
      cpSync(template.stateDir, stateDir, { recursive: true });
      const folder = path.join(stateDir, "sessions", "gossip", ACCOUNT.username);
      const damage = damageFile(path.join(folder, name), number, options.seed);
      if (damage !== undefined) {
        report.cases += 1;
        const outcome = await judge({ stateDir, folder, name, damage, maker, template });
        if (outcome === "refused" || outcome === "kept") report[outcome] += 1;
        else report.accidents.push(`${number}: ${name} ${damage.kind} at ${damage.at}: ${outcome}`);
      }
      rmSync(stateDir, { recursive: true, force: true });
    }
    return report;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A bot that has talked, with an unread message and a previous generation of its session file. */
async function makeTemplate(root: string): Promise<Template> {
  const stateDir = path.join(root, "state");
  process.env["OPENCLAW_STATE_DIR"] = stateDir;
  await using relay = await startRelay();
  await using person = await createPerson(relay.url, path.join(root, "person"));
  const section = { enabled: true, protocolUrl: relay.url, dmPolicy: "open", allowFrom: ["*"] };
  const bot = startBot({ stateDir, section });
  const userId = await bot.whenReady();
  await person.greet(userId, "hello");
  await bot.whenTurns(1);
  for (let count = 0; count < MESSAGES; count += 1) {
    // One after the other: a burst would be one turn.
    await person.say(userId, `message ${count}`);
    await bot.whenTurns(count + 2);
  }
  await bot.stop();
  const found = await findIdentity({ channelId: "gossip", stateDir }, ACCOUNT);
  if (found === undefined) throw new Error("the bot left no identity");
  await renameIdentity(found, "OpenClaw");
  await renameIdentity(
    { ...found, record: { ...found.record, username: "OpenClaw" } },
    ACCOUNT.username,
  );
  return { stateDir, userId };
}

async function judge(damaged: {
  readonly stateDir: string;
  readonly folder: string;
  readonly name: string;
  readonly damage: Damage;
  readonly maker: RememberingMaker;
  readonly template: Template;
}): Promise<string> {
  const { folder, maker, name, stateDir, template } = damaged;
  const before = readFileSync(path.join(folder, name));
  const outcome = await start(stateDir, maker).catch((error: unknown) => error);
  if (maker.made > 0) return "made a new identity";
  const identities = readdirSync(path.dirname(folder)).filter((entry) => !entry.startsWith("."));
  if (identities.length !== 1) return `left ${identities.length} identities`;
  if (typeof outcome === "string")
    return outcome === template.userId ? "kept" : "speaks as somebody else";
  const code = readCode(outcome);
  if (code === undefined || !REFUSALS.has(code)) return `failed: ${String(outcome)}`;
  const isUntouched = readFileSync(path.join(folder, name)).equals(before);
  return isUntouched ? "refused" : `refused (${code}) but changed the file`;
}

/** Everything a start reads, without a network. @returns whom it speaks as. */
async function start(stateDir: string, maker: RememberingMaker): Promise<string> {
  await using opened = new AsyncDisposableStack();
  const claimed = await claimIdentity({
    channelId: "gossip",
    stateDir,
    account: { ...ACCOUNT, mnemonic: { kind: "generated" } },
    maker,
    now: Date.now,
    signal: new AbortController().signal,
    folders: [path.join(stateDir, "lock")],
  });
  opened.defer(() => claimed.lock.release());
  const connection = opened.use(
    await openConnection({
      identity: claimed.identity,
      protocolUrl: "http://127.0.0.1:1/api",
      folder: claimed.folder.path,
      displayName: ACCOUNT.username,
      log: SILENT,
      judgeContact: () => Promise.resolve("accepted"),
    }),
  );
  connection.status();
  const key = deriveDurableKey(claimed.identity);
  const store = opened.use(
    openDurableStore({ path: path.join(claimed.folder.path, "channel.db"), key }),
  );
  const queue = openIngressQueue({
    store,
    channelId: "gossip",
    accountId: ACCOUNT.accountId,
    tryParsePayload: tryParseStoredIngressEvent,
  });
  await queue.listPending({ limit: "all" });
  return connection.userId;
}
