// Looks for secrets in whatever a process wrote: as they are, in base64 at any offset, in hexadecimal, and URL-encoded.
import { readFiles } from "./folder-files.ts";

const WORDS_IN_A_ROW = 3;
const START_BYTES = 4;

/** Something that must not be found, under a name that may be shown. */
export interface Canary {
  readonly name: string;
  readonly needles: readonly Buffer[];
}

export function textCanary(name: string, text: string): Canary {
  const encoded = encodeURIComponent(text);
  return {
    name,
    needles: [
      Buffer.from(encoded),
      Buffer.from(encoded.replaceAll("%20", "+")),
      ...bytesCanary(name, Buffer.from(text)).needles,
    ],
  };
}

export function bytesCanary(name: string, bytes: Uint8Array): Canary {
  const hex = Buffer.from(bytes).toString("hex");
  const base64 = [0, 1, 2].map((offset) => innerBase64(bytes, offset));
  const texts = [hex, hex.toUpperCase(), ...base64, ...base64.map(toUrlAlphabet)];
  return { name, needles: [Buffer.from(bytes), ...texts.map((text) => Buffer.from(text))] };
}

/** Any three words of a phrase in a row are too many. */
export function phraseCanaries(name: string, phrase: string): Canary[] {
  const words = phrase.split(" ");
  return words.slice(0, 1 - WORDS_IN_A_ROW).map((_word, index) => {
    const row = words.slice(index, index + WORDS_IN_A_ROW);
    const { needles } = textCanary(name, row.join(" "));
    const others = [row.join('","'), row.join(","), row.join("\n")].map((text) =>
      Buffer.from(text),
    );
    return { name, needles: [...needles, ...others] };
  });
}

/** Names of what was found. */
export function scan(data: Uint8Array | string, canaries: readonly Canary[]): string[] {
  const bytes = Buffer.from(data);
  const byStart = indexByStart(canaries);
  const found = new Set<string>();
  // One pass for all needles: a state directory has millions of bytes, and the needles are hundreds.
  let start = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    start = ((start << 8) | (bytes[index] ?? 0)) >>> 0;
    const candidates = byStart.get(start);
    if (candidates === undefined) continue;
    for (const { name, needle } of candidates) {
      const from = index + 1 - START_BYTES;
      if (bytes.subarray(from, from + needle.length).equals(needle)) found.add(name);
    }
  }
  return [...found];
}

type StartIndex = Map<number, { readonly name: string; readonly needle: Buffer }[]>;

/** Needles by their first four bytes. */
function indexByStart(canaries: readonly Canary[]): StartIndex {
  const index: StartIndex = new Map();
  for (const { name, needles } of canaries) {
    for (const needle of needles) {
      const start = needle.readUInt32BE(0);
      index.set(start, [...(index.get(start) ?? []), { name, needle }]);
    }
  }
  return index;
}

/** `path: name` for every hit in a folder. */
export function scanFolder(folder: string, canaries: readonly Canary[]): string[] {
  return readFiles(folder).flatMap((file) =>
    scan(file.bytes, canaries).map((name) => `${file.name}: ${name}`),
  );
}

/** The characters of a base64 text that the bytes alone decide when `offset` others come before them. */
function innerBase64(bytes: Uint8Array, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const bits = (offset + bytes.length) * 8;
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6));
}

function toUrlAlphabet(text: string): string {
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
