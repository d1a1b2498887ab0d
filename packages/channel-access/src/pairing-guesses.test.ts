// Ten thousand guesses at codes: pairing codes against the host's own store on disk, owner codes against ours.
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { readChannelAllowFromStore } from "openclaw/plugin-sdk/channel-pairing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openPairingStore, type PairingStore } from "../test-support/pairing-store.ts";
import { createAccessGate } from "./gate.ts";
import { createSenderIdentity } from "./identity.ts";
import { createOwnerCode } from "./owner-code.ts";
import { createPairingDesk } from "./pairing.ts";

const GUESSES = 10_000;
const HOUR_MS = 60 * 60 * 1000;
const TRIES = 5;
const PAIRING_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const OWNER_ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ";
const CHANNEL = "gossip";
const SENDERS = ["id1a", "id1b", "id1c"];

let stateDir: string;
let store: PairingStore;

beforeEach(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "pairing-guesses-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  store = await openPairingStore();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

const guess = (alphabet: string): string =>
  Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join("");

/** The code with one character changed: as near as a wrong one can be. */
function misspell(code: string, alphabet: string): string {
  const place = randomInt(code.length);
  const others = alphabet.replace(code[place] ?? "", "");
  const other = others[randomInt(others.length)] ?? "";
  return `${code.slice(0, place)}${other}${code.slice(place + 1)}`;
}

/** Sends a stranger's message to the desk. @returns The code of the answer; undefined when there is none. */
async function challenge(senderId: string): Promise<string | undefined> {
  let text = "";
  const desk = createPairingDesk({
    channelId: CHANNEL,
    accountId: "default",
    runtime: { pairing: { upsertPairingRequest: store.upsert } },
    waiting: {
      add: (id) => ({ senderId: id, noticeId: id }),
      list: () => [],
      markRead: () => undefined,
      endWait: () => false,
      wroteWhileWaiting: () => false,
    },
  });
  await desk.challenge({
    senderId,
    senderIdLine: `Your id: ${senderId}`,
    sendReply: async (reply) => {
      text = reply;
    },
  });
  return /pairing approve gossip (\w{8})/.exec(text)?.[1];
}

const normalize = (text: string): string | undefined => (/^id1\w+$/.test(text) ? text : undefined);

/** Who of the senders would be heard now, by the gate over the host's policy and its store. */
async function whoIsIn(): Promise<string[]> {
  const gate = createAccessGate({
    channelId: CHANNEL,
    accountId: "default",
    identity: createSenderIdentity({ key: "test-id", normalize }),
    runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
    readConfig: () => ({}),
    selectPolicy: () => ({ dmPolicy: "pairing", allowFrom: [] }),
  });
  const decided = await Promise.all(
    [...SENDERS, "id1d"].map(async (senderId) => {
      const conversation = { kind: "direct" as const, id: senderId };
      const { kind } = await gate.decide({ senderId, conversation });
      return kind === "allow" ? senderId : [];
    }),
  );
  return decided.flat();
}

it(`lets nobody in for ${GUESSES} wrong pairing codes, and the right one once`, async () => {
  const codes = await Promise.all(SENDERS.map(challenge));
  const [first = ""] = codes;
  expect(new Set(codes).size).toBe(SENDERS.length);
  expect(codes.join("")).toMatch(/^[A-Z2-9]{24}$/);
  // All places are taken: further people get no code, and there is none to guess.
  expect(await challenge("id1d")).toBeUndefined();

  const wrong = Array.from({ length: GUESSES }, (_, i) => {
    const code = codes[i % codes.length] ?? "";
    return i % 4 === 0 ? misspell(code, PAIRING_ALPHABET) : guess(PAIRING_ALPHABET);
  }).filter((code) => !codes.includes(code));
  const foreign = [
    { channel: "telegram", code: first },
    { channel: CHANNEL, code: first, accountId: "work" },
    ...[first.slice(1), `${first}A`, "", "%", "' OR 1=1 --"].map((code) => ({
      channel: CHANNEL,
      code,
    })),
  ];
  expect(wrong.length).toBeGreaterThan(GUESSES - 5);
  const letIn = [];
  for (const attempt of [...wrong.map((code) => ({ channel: CHANNEL, code })), ...foreign]) {
    const approved = await store.approve(attempt);
    if (approved !== null) letIn.push(approved);
  }
  expect(letIn).toEqual([]);
  expect(await readChannelAllowFromStore(CHANNEL, process.env, "default")).toEqual([]);
  expect(await whoIsIn()).toEqual([]);

  await expect(store.approve({ channel: CHANNEL, code: first })).resolves.toMatchObject({
    id: "id1a",
  });
  await expect(store.approve({ channel: CHANNEL, code: first })).resolves.toBeNull();
  expect(await whoIsIn()).toEqual(["id1a"]);
}, 120_000);

it("lets nobody in for a code that is an hour old", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const early = (await challenge("id1a")) ?? "";
  const late = (await challenge("id1b")) ?? "";
  vi.setSystemTime(Date.now() + HOUR_MS - 1000);
  await expect(store.approve({ channel: CHANNEL, code: early })).resolves.not.toBeNull();
  vi.setSystemTime(Date.now() + 2000);
  await expect(store.approve({ channel: CHANNEL, code: late })).resolves.toBeNull();
  expect(await whoIsIn()).toEqual(["id1a"]);
});

it(`makes nobody owner for ${GUESSES} wrong owner codes, five at most for each code`, () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < GUESSES / TRIES; round += 1) {
    const code = createOwnerCode();
    const right = code.display.replace("-", "");
    for (let i = 0; i < TRIES; i += 1) {
      expect(code.offer(`id1${i}`, misspell(right, OWNER_ALPHABET))).toBe(false);
    }
    expect(code.offer("id1late", right)).toBe(false);
    outcomes.add(code.claim().kind);
  }
  expect(outcomes).toEqual(new Set(["exhausted"]));
});
