// Samples of the large component runs, through the real gateway: lists that nearly name a stranger, malformed input, then
// damaged state. An account for each case, so that the gateway starts twice and not sixty times.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { bech32, bech32m } from "@scure/base";
import { isJsonObject, pollUntil, runOpenclaw, startGateway, withDeadline } from "channel-testing";
import type { Gateway, JsonObject } from "channel-testing";
import type { RunningRelay } from "gossip-relay";
import { createHttpRelayClient, type GossipUserId } from "gossip-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { damageFile } from "../state/damage.ts";
import { type Canary, phraseCanaries, scan } from "../support/leak-scan.ts";
import { readJson } from "../support/read-json.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";
import {
  BOARD_LIES,
  BULLETIN_LIES,
  createMalformedAnnouncements,
  VALUE_LIES,
} from "../support/gossip-malformed.ts";
import { readGossipAccount, whenGossipAccountReady } from "./support/gossip-accounts.ts";

const WAIT_MS = 120_000;
const SEED = 7;
const CASES = 20;
/** Accounts that the stranger writes to, each with two of the lists. */
const GUARDED = 10;
/** Each has a relay of its own, which tells it one lie about the bulletin and one about the board. */
const LIED_TO = BULLETIN_LIES.length;
const boardLies = [...BOARD_LIES, ...VALUE_LIES];
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
let relays: readonly RunningRelay[] = [];
let gateway: Gateway;
let alice: GossipPerson;
let mallory: GossipPerson;
const accounts = Array.from({ length: CASES }, (_, index) => `case${index}`);
/** These have talked with alice before, so they look at the board. */
const liedTo = accounts.slice(0, LIED_TO);
/** And these get malformed announcements. */
const announcedTo = accounts.slice(GUARDED, GUARDED + CASES - LIED_TO - boardLies.length);
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
      relays = await Promise.all(Array.from({ length: LIED_TO }, () => network.openRelay()));
      const lists = nearly(mallory.id);
      const sections = accounts.map((id, index) => [
        id,
        {
          username: id,
          ...(relays[index] === undefined ? {} : { protocolUrl: relays[index].url }),
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

describe("a gateway that meets malformed input", () => {
  it(`lives, says which answers it refused, and answers once what is written in ${CASES} cases`, async () => {
    const from = gateway.log.nextIndex;
    expect(LIED_TO + boardLies.length + announcedTo.length).toBe(CASES);
    await Promise.all([
      ...liedTo.map((account, index) => lieTo(account, index)),
      ...announcedTo.map((account, index) => announceTo(account, index)),
    ]);
    const all = [...liedTo, ...announcedTo];
    const answers = all.map((account) => `answer to ${through(account)}`);
    await Promise.all(
      all.map((account, index) =>
        alice.hear(botOf(account), (text) => text === answers[index], WAIT_MS),
      ),
    );
    await Promise.all(all.map((account) => whenGossipAccountReady(gateway, account, WAIT_MS)));

    const since = gateway.log.lines.filter(({ index }) => index >= from).map(({ text }) => text);
    const refused = all.map((account) =>
      ["bulletin", "board"].filter((part) =>
        since.some((line) => line.includes(`[${account}] ${part}: relay_bad_response`)),
      ),
    );
    expect(refused).toEqual([
      ...BOARD_LIES.map(() => ["bulletin", "board"]),
      ...VALUE_LIES.map(() => ["bulletin"]),
      ...announcedTo.map(() => []),
    ]);
    const turns = gossip.turnsAbout("through-");
    expect(turns.map(({ lastUserText }) => findThrough(lastUserText) ?? "").toSorted()).toEqual(
      all.map(through).toSorted(),
    );
    const heard = alice.inbox.received.map(({ text }) => text);
    expect(heard.filter(findThrough).toSorted()).toEqual(answers.toSorted());
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

/** What is written to an account behind what it cannot read. */
function through(account: string): string {
  return `through-${account.slice(4)}`;
}

function findThrough(text: string): string | undefined {
  return /\bthrough-\d+\b/.exec(text)?.[0];
}

/** Tells an account two lies, and writes to it meanwhile. */
async function lieTo(account: string, index: number): Promise<void> {
  const [relay, bulletinLie, boardLie] = [relays[index], BULLETIN_LIES[index], boardLies[index]];
  if (!(relay && bulletinLie && boardLie)) throw new Error(`no lies for ${account}`);
  const bulletin = relay.faults.inject(bulletinLie.fault);
  const board = relay.faults.inject(boardLie.fault);
  const write = async (): Promise<void> => {
    await alice.say(botOf(account), through(account));
    // Once more, so that what she wrote lies behind it.
    const met = board.reached(boardLie.fault.times ?? board.hits + 1);
    await withDeadline(met, WAIT_MS, `${account}: ${boardLie.name}`);
    board.remove();
  };
  const seeStatus = async (): Promise<void> => {
    await withDeadline(bulletin.reached(1), WAIT_MS, `${account}: ${bulletinLie.name}`);
    await untilRecovering(account);
    bulletin.remove();
  };
  await Promise.all([write(), seeStatus()]);
}

/** Posts a malformed announcement to an account, and then one that is a person's. */
async function announceTo(account: string, index: number): Promise<void> {
  const relay = createHttpRelayClient({ url: gossip.network.relayUrl });
  const keys = await relay.fetchKeys(botOf(account));
  const bytes = keys && createMalformedAnnouncements(keys)[index]?.[1];
  if (bytes === undefined) throw new Error(`no announcement for ${account}`);
  await relay.postAnnouncement(bytes);
  await alice.say(botOf(account), through(account));
}

async function untilRecovering(account: string): Promise<void> {
  await pollUntil(
    () => readGossipAccount(gateway, account),
    ({ lastError, lifecycle }) =>
      lifecycle === "recovering" && lastError === "relay: relay_bad_response",
    WAIT_MS,
    `${account} without a relay`,
  );
}

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
