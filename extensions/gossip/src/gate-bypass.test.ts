// Everything that somebody might try to be taken for a person on the list, thousands of times: in the configuration's
// entries, in the approvals, and as the sender's own id. The host's own resolver decides; what may pass is written down
// here without any of the code that decides it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bech32, bech32m } from "@scure/base";
import * as fc from "fast-check";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createGossipGate } from "./gate.ts";
import type { InboundFacts } from "./inbound.ts";

const CASES = 10_000;
const SEED = 7;

const LISTED_BYTES = new Uint8Array(32).fill(1);
const LISTED = bech32.encode("gossip", bech32.toWords(LISTED_BYTES));
/** A list without anybody is refused as a configuration. */
const SOMEBODY_ELSE = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(2)));
/** `open` without `*` is refused as a configuration, see config-schema.test.ts. */
const POLICIES = ["pairing", "allowlist", "disabled"] as const;

let stateDir = "";
let section: unknown = {};
let approved: string[] = [];

const gate = createGossipGate({
  accountId: "default",
  runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
  readConfig: (): OpenClawConfig => ({ channels: { gossip: section } }),
  readApproved: async () => approved,
});

beforeAll(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "gossip-bypass-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The only spellings of the listed id; white space around is the operator's. */
function isSpellingOfListed(text: string): boolean {
  const bare = text.trim().replace(/^gossip:/i, "");
  return bare === LISTED || bare === LISTED.toUpperCase();
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "а",
  c: "с",
  e: "е",
  g: "ɡ",
  i: "і",
  o: "о",
  p: "р",
  s: "ѕ",
  x: "х",
  y: "у",
  "0": "o",
  "1": "l",
};

const at = fc.nat({ max: LISTED.length - 1 });
const invisible = fc.constantFrom("\0", "\u200B", "\u200D", "\u202E", "\u00AD", "\uFEFF", "\u0301");

const replaceAt = (index: number, by: string): string =>
  LISTED.slice(0, index) + by + LISTED.slice(index + 1);

/** Texts that come near the listed id without being it, and some that are meant to be more than an id. */
const lookAlike: fc.Arbitrary<string> = fc
  .oneof(
    fc
      .tuple(at, fc.constantFrom(...Array.from(LISTED.toUpperCase())))
      .map(([index, by]) => replaceAt(index, by)),
    at.map((index) => replaceAt(index, LOOK_ALIKES[LISTED[index] ?? ""] ?? "ｑ")),
    at.map((index) =>
      replaceAt(index, String.fromCodePoint((LISTED.codePointAt(index) ?? 0) + 0xfe_e0)),
    ),
    at.map((index) => replaceAt(index, (LISTED[index] ?? "").toUpperCase())),
    fc
      .tuple(at, invisible)
      .map(([index, sign]) => LISTED.slice(0, index) + sign + LISTED.slice(index)),
    invisible.map((sign) => LISTED + sign),
    at.map((length) => LISTED.slice(0, length)),
    fc.string({ minLength: 1, maxLength: 8 }).map((more) => LISTED + more),
    // Bech32 does not notice a "q" before a final "p"; only the fixed length does.
    fc
      .nat({ max: 6 })
      .map((count) => `${LISTED.slice(0, -1)}${"q".repeat(count)}${LISTED.slice(-1)}`),
    fc
      .uint8Array({ minLength: 0, maxLength: 48 })
      .map((bytes) => bech32.encode("gossip", bech32.toWords(bytes), false)),
    fc
      .constantFrom("gossip", "g0ssip", "gossip1", "bc", "npub")
      .map((prefix) =>
        prefix === "gossip"
          ? bech32m.encode(prefix, bech32m.toWords(LISTED_BYTES), false)
          : bech32.encode(prefix, bech32.toWords(LISTED_BYTES), false),
      ),
    fc
      .tuple(
        fc.constantFrom("gossip:gossip:", "gossip: ", "gossip::", "dm:", "channel:", "user:", "@"),
        fc.constantFrom(LISTED, LISTED.toUpperCase()),
      )
      .map((parts) => parts.join("")),
    fc.constantFrom(
      "accessGroup:friends",
      "accessGroup:*",
      `accessGroup:${LISTED}`,
      "__proto__",
      "constructor",
      "toString",
      "*,",
      "**",
      " * *",
      "gossip:*",
      "gossip1*",
      ".*",
      "null",
      "0",
      "",
      `${LISTED},`,
      `${LISTED} ${LISTED}`,
      `[${LISTED}]`,
      `0x${"01".repeat(32)}`,
      "01".repeat(32),
    ),
    fc.string({ unit: "grapheme", maxLength: 80 }),
  )
  .filter((text) => !isSpellingOfListed(text) && text.trim() !== "*");

function message(peer: string): InboundFacts {
  return {
    kind: "message",
    key: "k",
    peer,
    sentAtMs: 0,
    arrivedAtMs: 0,
    messageId: "m",
    text: "/status",
  };
}

it(`lets nobody in who is not on the list, in ${CASES} attempts`, async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...POLICIES),
      fc.array(lookAlike, { minLength: 1, maxLength: 3 }),
      fc.array(lookAlike, { maxLength: 2 }),
      fc.option(lookAlike),
      async (dmPolicy, entries, approvals, pretender) => {
        // Either the list is near the sender, or the sender near the list.
        section = {
          enabled: true,
          dmPolicy,
          allowFrom: [pretender === null ? SOMEBODY_ELSE : LISTED, ...entries],
        };
        approved = pretender === null ? approvals : [LISTED];
        const sender = pretender ?? LISTED;
        // The list may name the pretender itself: then there is nothing to bypass.
        fc.pre(pretender === null || !entries.includes(pretender));
        const decision = await gate.decide(message(sender));
        refused += 1;
        expect({ dmPolicy, sender, ...decision }).not.toMatchObject({ kind: "allow" });
      },
    ),
    { numRuns: CASES, seed: SEED },
  );
  expect(refused).toBe(CASES);
}, 120_000);

it("lets the listed one in, in every spelling that is meant", async () => {
  const spelling = fc
    .tuple(
      fc.constantFrom("", " ", "\t", "\n"),
      fc.constantFrom("", "gossip:", "GOSSIP:", "Gossip:"),
      fc.constantFrom(LISTED, LISTED.toUpperCase()),
      fc.constantFrom("", " ", "\r\n"),
    )
    .map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(spelling, async (entry) => {
      section = { enabled: true, dmPolicy: "allowlist", allowFrom: [entry] };
      approved = [];
      expect(await gate.decide(message(LISTED))).toMatchObject({ kind: "allow" });
    }),
    { numRuns: 100, seed: SEED },
  );
});
