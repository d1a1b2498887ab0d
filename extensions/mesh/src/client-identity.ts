// The words that the bot's key comes from (docs/adr/0019-mesh-identity.md). The seed of the key and the key of our own
// database follow from them under different labels: who learns one has not the other.
import { hkdfSync } from "node:crypto";
import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { IdentityMaker } from "channel-kit";
import type { PhraseRules } from "channel-kit/terminal";
import { meshKeyFromSeed, type MeshKey } from "mesh-sdk";
import { MeshChannelError } from "./errors.ts";

const SIGNING_KEY_LABEL = "openclaw-mesh/ed25519-seed/1";
const DURABLE_KEY_LABEL = "openclaw-mesh/durable-store/1";
const KEY_BYTES = 32;
/** 128 bits: 12 words. */
const ENTROPY_BITS = 128;
const MAX_PHRASE_CHARACTERS = 1000;

/** A key, under the name by which the shared rooms know identities. */
export interface MeshIdentity {
  /** The peer id, 43 characters. */
  readonly userId: string;
  readonly key: MeshKey;
  /** Key of our own queue and outbox file; a copy each time. */
  durableKey(): Uint8Array;
}

/** Makes and derives identities for {@link openIdentity}. */
export const identityMaker: IdentityMaker<MeshIdentity> = {
  generateWords: () => generateMnemonic(wordlist, ENTROPY_BITS),
  derive: async (words) => {
    const phrase = tryNormalizePhrase(words);
    if (phrase === undefined) {
      throw new MeshChannelError(
        "mnemonic_invalid",
        "mesh: the recovery phrase is not valid (12 to 24 English words of BIP39, with the right checksum). " +
          "Nothing was changed; check the words and their order, then: openclaw secrets reload",
      );
    }
    return identityOf(phrase);
  },
};

/** Key for our own queue and outbox file: 32 bytes that follow from the identity and from nothing on disk. */
export function deriveDurableKey(identity: MeshIdentity): Uint8Array {
  return identity.durableKey();
}

/** The word list and the checksum, for restoring from words. */
export const phraseRules: PhraseRules = {
  isWord: (word) => wordlist.includes(word),
  suggest: (start) => wordlist.filter((word) => word.startsWith(start)).slice(0, 5),
  isPhrase: (words) => tryNormalizePhrase(words) !== undefined,
};

function identityOf(phrase: string): MeshIdentity {
  const root = mnemonicToSeedSync(phrase);
  const seed = deriveBytes(root, SIGNING_KEY_LABEL);
  const durableKey = deriveBytes(root, DURABLE_KEY_LABEL);
  root.fill(0);
  const key = meshKeyFromSeed(seed);
  seed.fill(0);
  return { userId: key.peerId, key, durableKey: () => Uint8Array.from(durableKey) };
}

function deriveBytes(root: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", root, "", label, KEY_BYTES));
}

/** The one spelling that keys are derived from: another one would be another identity. */
function tryNormalizePhrase(text: string): string | undefined {
  if (text.length > MAX_PHRASE_CHARACTERS) return undefined;
  const phrase = text.trim().toLowerCase().split(/\s+/u).join(" ");
  // The library folds what it looks up, and a folded letter would be another password.
  return /^[a-z ]+$/u.test(phrase) && validateMnemonic(phrase, wordlist) ? phrase : undefined;
}
