import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import { formatInviteLink, parseInvite } from "../../packages/gossip-sdk/src/invite/invite.ts";
import { normalizeMnemonic } from "../../packages/gossip-sdk/src/identity/mnemonic.ts";
import { parseUserId } from "../../packages/gossip-sdk/src/identity/user-id.ts";
import { parseRelayUrl } from "../../packages/gossip-sdk/src/transport/relay-url.ts";
import type { FuzzTarget } from "./engine.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";
import { hostileBytes } from "./mutate.ts";
import type { SeededRandom } from "./random.ts";

const WORDS = [
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
  "legal winner thank year wave sausage worth useful legal winner thank yellow",
  "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
];

const RELAY_URLS = ["https://relay.example/api", "http://127.0.0.1:8080/api", "http://[::1]/api"];

/** Bits of text that have broken parsers before: separators, other scripts, direction marks, percent, huge runs. */
const TELLING_TEXTS = [
  "/",
  "?name=",
  "%",
  "%00",
  "%E2%80%AE",
  "\u202E",
  "\u0130",
  "\u00A0",
  "\uFF47",
  "\uD800",
  "é",
  "e\u0301",
  "__proto__",
  "gossip1",
  "GOSSIP1",
  "gossip://invite/",
  "https://a/invite/",
  "javascript:",
  "@",
  "#",
  "\0",
  "\n",
  " ".repeat(700),
  "a".repeat(3000),
  "/".repeat(3000),
];

/** What people type, paste and scan. */
export function gossipTextTargets({ me }: GossipFixture): FuzzTarget[] {
  const { userId } = me;
  return [
    textTarget("user id", [userId, userId.toUpperCase()], (text) => {
      if (parseUserId(text) !== text.toLowerCase()) throw new Error("not the canonical form");
    }),
    textTarget(
      "invite",
      [
        formatInviteLink(userId, "Ada"),
        `https://example.org/invite/${userId}?name=Ada%20L`,
        `/invite/${userId}`,
        userId,
      ],
      (text) => {
        const invite = parseInvite(text);
        const again = parseInvite(formatInviteLink(invite.userId, invite.name));
        if (again.userId !== invite.userId || again.name !== invite.name) {
          throw new Error("formatting and parsing an invite changes it");
        }
      },
    ),
    textTarget("relay URL", RELAY_URLS, (text) => {
      const url = parseRelayUrl(text);
      if (parseRelayUrl(url) !== url) throw new Error("normalizing twice changes the URL");
    }),
    textTarget("mnemonic", WORDS, (text) => {
      const words = normalizeMnemonic(text);
      if (normalizeMnemonic(words) !== words) throw new Error("normalizing twice changes words");
    }),
  ];
}

function textTarget(
  name: string,
  samples: readonly string[],
  parse: (text: string) => void,
): FuzzTarget {
  const encoded = samples.map((sample) => Buffer.from(sample, "utf16le"));
  return {
    name,
    generate: (random) =>
      random.below(2) === 0
        ? Buffer.from(hostileText(random, samples), "utf16le")
        : hostileBytes(random, encoded),
    feed: (input) => {
      // UTF-16 units as they are, lone surrogates too: what a JavaScript caller can hold.
      parse(Buffer.from(input).toString("utf16le"));
      return "accepted";
    },
    isRefusal: (error) => error instanceof GossipError,
  };
}

function hostileText(random: SeededRandom, samples: readonly string[]): string {
  const sample = random.pick(samples);
  const at = random.below(sample.length + 1);
  const change = random.below(4);
  const telling = random.pick(TELLING_TEXTS);
  if (change === 0) return sample.slice(0, at) + telling + sample.slice(at);
  if (change === 1) return sample.slice(0, at) + telling + sample.slice(at + telling.length);
  if (change === 2) return sample.slice(0, at) + random.pick(samples).slice(at);
  return sample
    .split("")
    .map((letter) => (random.below(12) === 0 ? letter.toUpperCase() : letter))
    .join("");
}
