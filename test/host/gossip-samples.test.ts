// Samples of the large component runs, through the real gateway: lists that nearly name a stranger, then damaged state. An
// account for each case, so that the gateway starts twice and not forty times.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { bech32, bech32m } from "@scure/base";
import { isJsonObject, pollUntil, runOpenclaw, startGateway } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";
import type { GossipUserId } from "gossip-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { damageFile } from "../state/damage.ts";
import { type Canary, phraseCanaries, scan } from "../support/leak-scan.ts";
import { readJson } from "../support/read-json.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import { readGossipAccount } from "./support/gossip-accounts.ts";

const WAIT_MS = 120_000;
const SEED = 7;
const CASES = 20;
/** Accounts that the stranger writes to, each with two of the lists. */
const GUARDED = 10;
const FILES = ["session.json", "gossip.db", "channel.db"] as const;

const SessionSchema = z.looseObject({ mnemonic: z.string() });

/** What an account may say to damaged state, see `GossipChannelErrorCode`. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  "identity_unreadable",
  "identity_newer",
  "identity_unsafe",
  "mnemonic_invalid",
  "state_unusable",
  "username_taken",
]);
/** Every refusal says that nothing was touched, or how to go on. */
const CLEAR = /nothing was changed|openclaw plugins update|give each account its own username/i;

let gossip: GossipHost;
let gateway: Gateway;
let alice: GossipPerson;
let mallory: GossipPerson;
const accounts = Array.from({ length: CASES }, (_, index) => `case${index}`);
const bots = new Map<string, GossipUserId>();
/** Of the identities that were damaged. */
let phrases: readonly Canary[] = [];

/** Texts that come near an id without being it, or that are meant to be more than an id. */
function nearly(id: string): string[] {
  const { words } = bech32.decode<"gossip">(asBech32(id));
  const bytes = bech32.fromWords(words);
  return [
    // One capital letter; an id is all small or all capital, and its place of 20 may be a digit.
    id.replace(/(?<=^gossip1.*)[a-z]/, (letter) => letter.toUpperCase()),
    `G${id.slice(1)}`,
    id.replace("o", "о"),
    id.replace("g", "ｇ"),
    `${id.slice(0, 9)}\u200B${id.slice(9)}`,
    `${id}\u202E`,
    `${id}\0`,
    id.slice(0, -1),
    `${id}q`,
    `${id.slice(0, -1)}q${id.slice(-1)}`,
    `gossip:gossip:${id}`,
    `dm:${id}`,
    `@${id}`,
    `${id},`,
    `accessGroup:${id}`,
    "accessGroup:*",
    "gossip:*",
    bech32m.encode("gossip", bech32m.toWords(bytes)),
    bech32.encode("npub", words),
    `0x${Buffer.from(bytes).toString("hex")}`,
  ];
}

function asBech32(id: string): `gossip1${string}` {
  return `gossip1${id.slice("gossip1".length)}`;
}

beforeAll(async () => {
  gossip = await startGossipHost({
    async section(network) {
      [alice, mallory] = await Promise.all([
        network.openPerson("alice"),
        network.openPerson("mallory"),
      ]);
      const lists = nearly(mallory.id);
      const sections = accounts.map((id, index) => [
        id,
        {
          username: id,
          allowFrom: [alice.id, lists[index], lists[index + GUARDED]].filter(Boolean),
        },
      ]);
      return {
        enabled: true,
        dmPolicy: "allowlist",
        allowFrom: [alice.id],
        accounts: Object.fromEntries(sections),
      };
    },
    reply: ({ lastUserText }) => `answer to ${/\b[a-z]+-\d+\b/.exec(lastUserText)?.[0]}`,
    config: () => ({ session: { dmScope: "per-account-channel-peer" } }),
  });
  gateway = gossip.gateway;
  for (const id of accounts) bots.set(id, await gossip.network.findBot(gateway, id, WAIT_MS));
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await gossip[Symbol.asyncDispose]();
});

function botOf(account: string): GossipUserId {
  const bot = bots.get(account);
  if (bot === undefined) throw new Error(`${account} has no bot`);
  return bot;
}

describe("a stranger who is nearly on the list", () => {
  it(`is heard in none of ${CASES} cases, beside somebody who is on it`, async () => {
    expect(new Set(nearly(mallory.id)).size).toBe(CASES);
    expect(nearly(mallory.id)).not.toContain(mallory.id);
    const guarded = accounts.slice(0, GUARDED);
    await Promise.all(
      guarded.map((account) => mallory.say(botOf(account), `intrusion-${account.slice(4)}`)),
    );
    await Promise.all(
      guarded.map(async (account) => {
        const text = `control-${account.slice(4)}`;
        await alice.say(botOf(account), text);
        await alice.hear(botOf(account), (heard) => heard === `answer to ${text}`, WAIT_MS);
      }),
    );
    expect(gossip.turnsAbout("control-")).toHaveLength(GUARDED);
    expect(gossip.turnsAbout("intrusion-")).toEqual([]);
    expect(mallory.inbox.received).toEqual([]);
  });
});

describe("an account whose state was damaged", () => {
  it(`is refused with a clear message or goes on as the same bot, in ${CASES} cases`, async () => {
    const root = path.join(gossip.host.paths.stateDir, "sessions", "gossip");
    const listIdentities = (): string[] =>
      readdirSync(root).filter((name) => !name.startsWith("."));
    const identities = listIdentities();
    expect(identities).toHaveLength(CASES + 1);
    await gateway.stop();
    phrases = accounts.flatMap((account) => {
      const { mnemonic } = readJson(path.join(root, account, "session.json"), SessionSchema);
      return phraseCanaries(account, mnemonic);
    });
    const damaged = accounts.map((account, index) => {
      const file = path.join(root, account, FILES[index % FILES.length] ?? "session.json");
      // Only root gives a file away.
      const damage = damageFile(file, index, SEED) ?? damageFile(file, index + 1, SEED);
      return { account, file, kind: damage?.kind, bytes: readFileSync(file) };
    });
    // It never says that it is ready while an account cannot start.
    gateway = await startGateway(gossip.host, { readyLine: "[gateway] startup outcomes" });

    const outcomes = await Promise.all(damaged.map((one) => outcomeOf(one)));
    expect(outcomes.filter((outcome) => !/: (refused|the same)$/.test(outcome))).toEqual([]);
    expect(outcomes.filter((outcome) => outcome.endsWith("refused")).length).toBeGreaterThan(
      CASES / 2,
    );
    expect(listIdentities()).toEqual(identities);
    expect(
      gateway.log.lines.filter(({ text }) => text.includes("new identity; its recovery phrase")),
    ).toEqual([]);
    expect(gossip.turnsAbout("intrusion-")).toEqual([]);
  });

  it("is spoken of without its words, in the log and by doctor", async () => {
    const { stdout, stderr } = await runOpenclaw(gossip.host, ["doctor", "--non-interactive"], {
      check: false,
    });
    const log = gateway.log.lines.map(({ text }) => text).join("\n");
    expect(log).toMatch(/\[case0\].*cannot use .*case0\/session\.json/);
    expect(stdout.replaceAll(/[\s│]+/g, " ")).toContain("gossip.identity-unreadable (case0)");
    expect(phrases.length).toBeGreaterThan(CASES);
    expect(scan([log, stdout, stderr].join("\n"), phrases)).toEqual([]);
  });
});

interface Damaged {
  readonly account: string;
  readonly file: string;
  readonly kind: string | undefined;
  readonly bytes: Buffer;
}

/** `case: refused` or `case: the same`; anything else says what is wrong. */
async function outcomeOf({ account, bytes, file, kind }: Damaged): Promise<string> {
  const what = `${account}, ${path.basename(file)} ${kind}`;
  const status = await pollUntil(
    () => readGossipAccount(gateway, account),
    (found) => found["lifecycle"] === "ready" || startError(found) !== undefined,
    WAIT_MS,
    `${what}: a start or a refusal`,
  );
  const code = startError(status);
  const lastError = typeof status["lastError"] === "string" ? status["lastError"] : "no words";
  if (code === undefined) {
    return `${what}: ${status["publicKey"] === botOf(account) ? "the same" : "somebody else"}`;
  }
  if (!REFUSALS.has(code)) return `${what}: failed, ${lastError}`;
  if (!CLEAR.test(lastError)) return `${what}: not clear, ${lastError}`;
  return `${what}: ${readFileSync(file).equals(bytes) ? "refused" : "changed the file"}`;
}

function startError({ application }: JsonObject): unknown {
  return isJsonObject(application) ? application["startErrorCode"] : undefined;
}
