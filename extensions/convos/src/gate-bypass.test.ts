// Everything that somebody might try to be taken for a person on the list, thousands of times: in the configuration's
// entries, in the approvals, and as the sender's own id; directly and in a conversation. The host's own resolver decides; what
// may pass is written down here without any of the code that decides it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createDirectAccess } from "./direct-access.ts";
import { createConvosGate } from "./gate.ts";
import type { InboundFacts } from "./inbound.ts";

const CASES = 10_000;
const SEED = 7;

const LISTED = "a1b2c3d4e5f60718".repeat(4);
/** A list without anybody is refused as a configuration. */
const SOMEBODY_ELSE = "d4".repeat(32);
const CHAT = "0c".repeat(16);
const ROOM = "0b".repeat(16);
/** `open` without `*` is refused as a configuration, see config-schema. */
const POLICIES = ["pairing", "allowlist", "disabled"] as const;

let stateDir = "";
let section: object = {};
let approved: string[] = [];

const shared = {
  accountId: "default",
  runtime: { inbound: { ingress: { resolveStable: resolveStableChannelMessageIngress } } },
  readConfig: (): OpenClawConfig => ({ channels: { convos: section } }),
};
const directs = createDirectAccess({
  ...shared,
  isShut: () => false,
  readApproved: async () => approved,
});
const rooms = createConvosGate({
  ...shared,
  ownerConversation: () => undefined,
  listOthers: async () => [],
  countOthers: () => 1,
  isAgent: async () => false,
  isShut: () => false,
  isOurs: () => false,
});

beforeAll(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-bypass-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

/** The only spellings of the listed id; white space around is the operator's. */
function isSpellingOfListed(text: string): boolean {
  const bare = text
    .trim()
    .replace(/^convos:/i, "")
    .replace(/^(?:dm|group):/i, "");
  return /^[0-9a-fA-F]*$/.test(bare) && bare.toLowerCase() === LISTED;
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "а",
  b: "Ь",
  c: "с",
  d: "ԁ",
  e: "е",
  f: "ғ",
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
      .tuple(at, fc.constantFrom(...Array.from("0123456789abcdef")))
      .map(([index, by]) => replaceAt(index, by)),
    at.map((index) => replaceAt(index, LOOK_ALIKES[LISTED[index] ?? ""] ?? "ａ")),
    at.map((index) =>
      replaceAt(index, String.fromCodePoint((LISTED.codePointAt(index) ?? 0) + 0xfe_e0)),
    ),
    fc
      .tuple(at, invisible)
      .map(([index, sign]) => LISTED.slice(0, index) + sign + LISTED.slice(index)),
    fc.constantFrom("\0", "\u200B", "\u202E", "\u0301").map((sign) => LISTED + sign),
    at.map((length) => LISTED.slice(0, length)),
    at.map((length) => LISTED.slice(length + 1)),
    fc.string({ minLength: 1, maxLength: 8 }).map((more) => LISTED + more),
    fc
      .uint8Array({ minLength: 0, maxLength: 48 })
      .map((bytes) => Buffer.from(bytes).toString("hex")),
    fc
      .tuple(
        fc.constantFrom(
          "convos:convos:",
          "convos: ",
          "convos::",
          "group:convos:",
          "dm:group:",
          "user:",
          "@",
          "0x",
          "gossip:",
        ),
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
      "convos:*",
      ".*",
      "null",
      "0",
      "",
      `${LISTED},`,
      `${LISTED} ${LISTED}`,
      `[${LISTED}]`,
      `0x${LISTED.slice(0, 40)}`,
      LISTED.slice(0, 32),
      BigInt(`0x${LISTED}`).toString(),
      Buffer.from(LISTED, "hex").toString("base64"),
    ),
    fc.string({ unit: "grapheme", maxLength: 80 }),
  )
  .filter((text) => !isSpellingOfListed(text) && text.trim() !== "*");

function message(senderId: string, isDirect: boolean): InboundFacts {
  return {
    kind: "message",
    key: "k",
    conversationId: isDirect ? CHAT : ROOM,
    ...(isDirect ? { direct: true } : {}),
    senderId,
    sentAtMs: 0,
    arrivedAtMs: 0,
    messageId: "02".repeat(32),
    text: "/status",
  };
}

it(`lets nobody in who is not on the list, in ${CASES} attempts`, async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.constantFrom(...POLICIES),
      fc.array(lookAlike, { minLength: 1, maxLength: 3 }),
      fc.array(lookAlike, { maxLength: 2 }),
      fc.option(lookAlike),
      async (isDirect, dmPolicy, entries, approvals, pretender) => {
        // Either the list is near the sender, or the sender near the list.
        const list = [pretender === null ? SOMEBODY_ELSE : LISTED, ...entries];
        section = {
          enabled: true,
          dmPolicy,
          allowFrom: list,
          groupAllowFrom: list,
          groups: { [ROOM]: { allowFrom: entries } },
        };
        approved = pretender === null ? approvals : [LISTED];
        const sender = pretender ?? LISTED;
        // The list may name the pretender itself: then there is nothing to bypass.
        fc.pre(pretender === null || !entries.includes(pretender));
        const gate = isDirect ? directs : rooms;
        const decision = await gate.decide(message(sender, isDirect));
        refused += 1;
        expect({ isDirect, dmPolicy, sender, ...decision }).not.toMatchObject({ kind: "allow" });
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
      fc.constantFrom("", "convos:", "CONVOS:", "Convos:"),
      fc.constantFrom(LISTED, LISTED.toUpperCase()),
      fc.constantFrom("", " ", "\r\n"),
    )
    .map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(fc.boolean(), spelling, async (isDirect, entry) => {
      section = {
        enabled: true,
        dmPolicy: "allowlist",
        allowFrom: [entry],
        groupAllowFrom: [entry],
      };
      approved = [];
      const text = { ...message(LISTED, isDirect), text: "hello" };
      const gate = isDirect ? directs : rooms;
      expect(await gate.decide(text)).toMatchObject({ kind: "allow" });
    }),
    { numRuns: 100, seed: SEED },
  );
});
