import type { RefusalClass } from "./byte-target.ts";
import type { FuzzTarget } from "./engine.ts";
import { hostileBytes } from "./mutate.ts";
import type { SeededRandom } from "./random.ts";

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
  "convos://join/",
  "https://popup.convos.org/v2?i=",
  "/i/",
  "?code=",
  "*",
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

/** Makes a parser of texts of one package. */
export type TextTargetMaker = (
  name: string,
  samples: readonly string[],
  parse: (text: string) => void,
) => FuzzTarget;

export function textTargetsOf(refusal: RefusalClass): TextTargetMaker {
  return (name, samples, parse) => ({
    name,
    generate: (random) =>
      random.below(2) === 0
        ? Buffer.from(hostileText(random, samples), "utf16le")
        : hostileBytes(
            random,
            samples.map((sample) => Buffer.from(sample, "utf16le")),
          ),
    feed: (input) => {
      // UTF-16 units as they are, lone surrogates too: what a JavaScript caller can hold.
      parse(Buffer.from(input).toString("utf16le"));
      return "accepted";
    },
    isRefusal: (error) => error instanceof refusal,
  });
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
