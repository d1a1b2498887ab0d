// Damages the state of an account again and again, and starts the account on it: it must refuse, or go on as before.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDurableStore, openIngressQueue, tryParseStoredIngressEvent } from "channel-durability";
import { claimIdentity, findIdentity, renameIdentity, type IdentityMaker } from "channel-kit";
import { readCode } from "../../extensions/gossip/src/errors.ts";
import { damageFile, type Damage } from "./damage.ts";
import type { DamagedChannel } from "./damaged-channel.ts";

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
class RememberingMaker<
  TIdentity extends { readonly userId: string },
> implements IdentityMaker<TIdentity> {
  made = 0;
  readonly #maker: IdentityMaker<TIdentity>;
  readonly #known = new Map<string, Promise<TIdentity>>();

  constructor(maker: IdentityMaker<TIdentity>) {
    this.#maker = maker;
  }

  generateWords(): string {
    this.made += 1;
    return this.#maker.generateWords();
  }

  derive(words: string): Promise<TIdentity> {
    const known = this.#known.get(words) ?? this.#maker.derive(words);
    this.#known.set(words, known);
    return known;
  }
}

export async function runDamages<TIdentity extends { readonly userId: string }>(
  channel: DamagedChannel<TIdentity>,
  options: { readonly cases: number; readonly seed: number },
): Promise<DamageReport> {
  const { account, channelId, files } = channel;
  const root = mkdtempSync(path.join(tmpdir(), `${channelId}-damage-`));
  try {
    const template = await makeTemplate(channel, root);
    const maker = new RememberingMaker(channel.maker);
    const report = { cases: 0, refused: 0, kept: 0, accidents: [] as string[] };
    for (let number = 0; number < options.cases; number += 1) {
      const name = files[Math.floor(number / 8) % files.length] ?? "session.json";
      const stateDir = path.join(root, "case");
      cpSync(template.stateDir, stateDir, { recursive: true });
      const folder = path.join(stateDir, "sessions", channelId, account.username);
      const damage = damageFile(path.join(folder, name), number, options.seed);
      if (damage !== undefined) {
        report.cases += 1;
        const damaged = { stateDir, folder, name, damage, maker, template };
        const outcome = await judge(channel, damaged);
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

/** An account that has talked, with a previous generation of its session file. */
async function makeTemplate<TIdentity extends { readonly userId: string }>(
  channel: DamagedChannel<TIdentity>,
  root: string,
): Promise<Template> {
  const { account, channelId } = channel;
  const stateDir = path.join(root, "state");
  process.env["OPENCLAW_STATE_DIR"] = stateDir;
  await channel.live(root, stateDir);
  const found = await findIdentity({ channelId, stateDir }, account);
  if (found === undefined) throw new Error("the account left no identity");
  // The same folder under another spelling, and back.
  const username = account.username.toUpperCase();
  await renameIdentity(found, username);
  await renameIdentity({ ...found, record: { ...found.record, username } }, account.username);
  return { stateDir, userId: found.record.userId };
}

async function judge<TIdentity extends { readonly userId: string }>(
  channel: DamagedChannel<TIdentity>,
  damaged: {
    readonly stateDir: string;
    readonly folder: string;
    readonly name: string;
    readonly damage: Damage;
    readonly maker: RememberingMaker<TIdentity>;
    readonly template: Template;
  },
): Promise<string> {
  const { folder, maker, name, stateDir, template } = damaged;
  const before = readFileSync(path.join(folder, name));
  const outcome = await start(channel, stateDir, maker).catch((error: unknown) => error);
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
async function start<TIdentity extends { readonly userId: string }>(
  channel: DamagedChannel<TIdentity>,
  stateDir: string,
  maker: IdentityMaker<TIdentity>,
): Promise<string> {
  const { account, channelId } = channel;
  await using opened = new AsyncDisposableStack();
  const { folder, identity, lock } = await claimIdentity({
    channelId,
    stateDir,
    account: { ...account, mnemonic: { kind: "generated" } },
    maker,
    now: Date.now,
    signal: new AbortController().signal,
    folders: [path.join(stateDir, "lock")],
  });
  opened.defer(() => lock.release());
  opened.use(await channel.open(identity, folder.path));
  const key = channel.durableKey(identity);
  const store = opened.use(openDurableStore({ path: path.join(folder.path, "channel.db"), key }));
  const queue = openIngressQueue({
    store,
    channelId,
    accountId: account.accountId,
    tryParsePayload: tryParseStoredIngressEvent,
  });
  await queue.listPending({ limit: "all" });
  return identity.userId;
}
