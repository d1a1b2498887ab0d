import { ed25519ph } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { invalidArgument } from "../grpc/status.ts";
import type { Member, UpdateSignature } from "./identity-update.ts";

/** Keeps a signature under an identity update from being one under anything else. */
const INSTALLATION_CONTEXT = Buffer.from("IDENTITY UPDATE SIGNATURE");

/**
 * Says who signed a text.
 *
 * For a wallet that is the address which the signature yields, and another text yields another address: whoever asks
 * has to compare. An installation's signature is right or refused.
 *
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT` for a wrong signature, and for a kind that cannot be checked here.
 */
export function recoverSigner(signature: UpdateSignature, text: string): Member {
  switch (signature.kind) {
    case "erc_191":
      return { kind: "address", address: recoverAddress(signature.bytes, text) };
    case "installation_key":
      if (!isSignedByInstallation(signature, text)) {
        throw invalidArgument("identity update: wrong signature of an installation");
      }
      return { kind: "installation", publicKey: signature.publicKey };
    case "unsupported":
      break;
  }
  throw invalidArgument(`identity update: this node cannot check signatures of ${signature.what}`);
}

function isSignedByInstallation(
  { bytes, publicKey }: UpdateSignature & { kind: "installation_key" },
  text: string,
): boolean {
  try {
    return ed25519ph.verify(bytes, Buffer.from(text), publicKey, { context: INSTALLATION_CONTEXT });
  } catch {
    return false;
  }
}

/** EIP-191 personal_sign: r, s, and a recovery number, which wallets count from 0 or from 27. */
function recoverAddress(signature: Uint8Array, text: string): string {
  const recovery = (signature[64] ?? 0) % 27;
  if (signature.length !== 65 || recovery > 1) {
    throw invalidArgument("identity update: a wallet's signature has 65 bytes");
  }
  const bytes = Buffer.from(text);
  const prefix = Buffer.from(`\u0019Ethereum Signed Message:\n${bytes.length}`);
  const hash = keccak_256(Buffer.concat([prefix, bytes]));
  try {
    const publicKey = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact")
      .addRecoveryBit(recovery)
      .recoverPublicKey(hash)
      .toBytes(false);
    return `0x${Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString("hex")}`;
  } catch {
    throw invalidArgument("identity update: wrong signature of a wallet");
  }
}
