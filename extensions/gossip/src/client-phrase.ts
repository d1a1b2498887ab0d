import { GossipError, isMnemonicWord, normalizeMnemonic, suggestMnemonicWords } from "gossip-sdk";
import type { PhraseRules } from "./phrase-entry.ts";

/** The protocol's word list and checksum, for {@link enterPhrase}. */
export const phraseRules: PhraseRules = {
  isWord: isMnemonicWord,
  suggest: suggestMnemonicWords,
  isPhrase: (words) => {
    try {
      normalizeMnemonic(words);
      return true;
    } catch (error) {
      if (error instanceof GossipError) return false;
      throw error;
    }
  },
};
