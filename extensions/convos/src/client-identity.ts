// The words that all keys of an account come from. The account is known by their fingerprint: there is no inbox that
// stands for it, because each conversation has one of its own.
import { hkdfSync } from "node:crypto";
import type { IdentityMaker } from "channel-kit";
import type { PhraseRules } from "channel-kit/terminal";
import {
  ConvosError,
  generateMnemonic,
  isMnemonicWord,
  normalizeMnemonic,
  rootFromMnemonic,
  type ConvosRoot,
} from "convos-node-sdk";
import { ConvosChannelError } from "./errors.ts";

const DURABLE_KEY_LABEL = "openclaw-convos/durable-store/1";
const KEY_BYTES = 32;

/** The root of an account, under the name by which the shared rooms know identities. */
export interface ConvosIdentity {
  /** 16 hexadecimal characters. Nobody can write to it. */
  readonly userId: string;
  readonly root: ConvosRoot;
}

/** Makes and derives identities for {@link openIdentity}. */
export const identityMaker: IdentityMaker<ConvosIdentity> = {
  generateWords: () => generateMnemonic(),
  derive: async (words) => {
    try {
      const root = rootFromMnemonic(words);
      return { userId: root.fingerprint, root };
    } catch (error) {
      if (error instanceof ConvosError && error.code === "invalid_mnemonic") {
        throw new ConvosChannelError(
          "mnemonic_invalid",
          `convos: the recovery phrase is not valid (${error.message}). Nothing was changed; ` +
            "check the words and their order",
        );
      }
      throw error;
    }
  },
};

/** Key for our own queue and outbox file: 32 bytes that follow from the identity and from nothing on disk. */
export function deriveDurableKey({ root }: ConvosIdentity): Uint8Array {
  return deriveKey(root, DURABLE_KEY_LABEL);
}

/** 32 bytes for one use, which the label names. */
export function deriveKey(root: ConvosRoot, label: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", root.storageKey().reveal(), "", label, KEY_BYTES));
}

/** The word list and the checksum, for restoring from words. */
export const phraseRules: PhraseRules = {
  isWord: isMnemonicWord,
  suggest: () => [],
  isPhrase: (words) => {
    try {
      normalizeMnemonic(words);
      return true;
    } catch (error) {
      if (error instanceof ConvosError) return false;
      throw error;
    }
  },
};
