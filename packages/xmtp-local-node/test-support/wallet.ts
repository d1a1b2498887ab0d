import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** An Ethereum account as far as XMTP needs it: an address, and signatures under readable texts. */
export interface Wallet {
  /** Lower case, with 0x. */
  readonly address: string;
  /** EIP-191 personal_sign: r, s, and v (27 or 28), 65 bytes. */
  sign(text: string): Uint8Array;
}

/** @param privateKey - Default a new one. */
export function createWallet(privateKey = secp256k1.utils.randomSecretKey()): Wallet {
  const publicKey = secp256k1.getPublicKey(privateKey, false);
  const digest = keccak_256(publicKey.subarray(1));
  return {
    address: `0x${Buffer.from(digest.subarray(12)).toString("hex")}`,
    sign(text) {
      const bytes = Buffer.from(text);
      const prefix = Buffer.from(`\u0019Ethereum Signed Message:\n${bytes.length}`);
      const hash = keccak_256(Buffer.concat([prefix, bytes]));
      const signature = secp256k1.sign(hash, privateKey, { prehash: false, format: "recovered" });
      const [recovery = 0] = signature;
      return new Uint8Array([...signature.subarray(1), 27 + recovery]);
    },
  };
}
