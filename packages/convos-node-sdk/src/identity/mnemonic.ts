import { randomBytes as systemRandomBytes } from "node:crypto";
import { entropyToMnemonic, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { ConvosError } from "../errors.ts";
import { MAX_MNEMONIC_CHARACTERS } from "../limits.ts";

/** Word counts of BIP39. */
export type MnemonicWordCount = 12 | 15 | 18 | 21 | 24;

const ENGLISH: ReadonlySet<string> = new Set(wordlist);
const MIN_WORDS = 12;
const MAX_WORDS = 24;
const ENTROPY_BYTES_PER_THREE_WORDS = 4; // Three words are 33 bits, one of them checksum.

/**
 * A fresh mnemonic in English, as {@link normalizeMnemonic} would give it.
 *
 * @param random - Source of 16 to 32 random bytes; the system's generator unless given.
 */
export function generateMnemonic(
  wordCount: MnemonicWordCount = 12,
  random: (length: number) => Uint8Array = systemRandomBytes,
): string {
  const entropy = random((wordCount / 3) * ENTROPY_BYTES_PER_THREE_WORDS);
  return entropyToMnemonic(entropy, wordlist);
}

/**
 * The one spelling of a mnemonic that keys are derived from: lower case, single spaces, valid checksum.
 *
 * @param text - 12, 15, 18, 21 or 24 English BIP39 words.
 * @throws ConvosError `invalid_mnemonic`; the message never quotes a word.
 */
export function normalizeMnemonic(text: string): string {
  if (text.length > MAX_MNEMONIC_CHARACTERS) {
    throw new ConvosError("invalid_mnemonic", `mnemonic: ${text.length} characters are too many`);
  }
  const words = text.trim().toLowerCase().split(/\s+/u);
  if (words.length < MIN_WORDS || words.length > MAX_WORDS || words.length % 3 !== 0) {
    throw new ConvosError(
      "invalid_mnemonic",
      `mnemonic: expected 12, 15, 18, 21 or 24 words, got ${text.trim() === "" ? 0 : words.length}`,
    );
  }
  const mnemonic = words.join(" ");
  // The ASCII check keeps out what the library would fold: it normalizes before it looks words up, and we would not.
  if (!/^[a-z ]+$/u.test(mnemonic) || !validateMnemonic(mnemonic, wordlist)) {
    throw new ConvosError("invalid_mnemonic", "mnemonic: a word or the checksum is wrong");
  }
  return mnemonic;
}

/** Whether a text is a word of the English list, in any case and with white space around it. */
export function isMnemonicWord(text: string): boolean {
  return ENGLISH.has(text.trim().toLowerCase());
}
