import type { PhraseRules } from "channel-kit/terminal";
import { GossipError, isMnemonicWord, normalizeMnemonic, suggestMnemonicWords } from "gossip-sdk";

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
