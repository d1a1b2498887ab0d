import { type CryptoProvider, parsePublicKeys, userIdToBytes, verifyBoardValue } from "gossip-sdk";

/** What a relay can tell about public bytes without any secret. Keeps squatters off other people's addresses. */
export interface BoardChecks {
  /** The user id (32 bytes) a key bundle belongs to, or undefined when the bytes are no bundle. */
  userIdOfKeys(bundle: Uint8Array): Uint8Array | undefined;
  /** Whether a value was signed by the key that its address is the hash of (docs/protocol/gossip.md §6.4 step 1). */
  isSignedBySeeker(seeker: Uint8Array, value: Uint8Array): boolean;
}

export function createBoardChecks(crypto: CryptoProvider): BoardChecks {
  return {
    userIdOfKeys(bundle) {
      try {
        return userIdToBytes(parsePublicKeys(bundle).userId);
      } catch {
        // Anybody may post anything here: whatever the parser finds wrong, the answer is the same 400.
        return undefined;
      }
    },
    isSignedBySeeker: (seeker, value) => verifyBoardValue(seeker, value, crypto),
  };
}
