import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { MeshError } from "../errors.ts";
import { peerIdOf } from "./peer-id.ts";

/** DER in front of a raw Ed25519 seed (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;

/** The key of one peer. The private half stays inside. */
export interface MeshKey {
  /** 43 characters: what others know us by. */
  readonly peerId: string;
  /** For `node:crypto` alone. */
  readonly privateKey: KeyObject;
  /** SPKI PEM, as handshakes carry it. */
  readonly publicKeyPem: string;
}

/** The key of a seed of 32 bytes. @throws MeshError `invalid_key`. */
export function meshKeyFromSeed(seed: Uint8Array): MeshKey {
  if (seed.length !== SEED_BYTES) {
    throw new MeshError("invalid_key", `seed: expected 32 bytes, got ${seed.length}`);
  }
  const key = Buffer.concat([PKCS8_HEAD, seed]);
  try {
    return meshKeyOf(createPrivateKey({ key, format: "der", type: "pkcs8" }));
  } finally {
    key.fill(0);
  }
}

/** The key in a PKCS #8 PEM. @throws MeshError `invalid_key` for anything but an Ed25519 private key. */
export function meshKeyFromPem(pem: string): MeshKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (cause) {
    throw new MeshError("invalid_key", "key file: no private key in PEM", { cause });
  }
  return meshKeyOf(privateKey);
}

function meshKeyOf(privateKey: KeyObject): MeshKey {
  if (privateKey.asymmetricKeyType !== "ed25519") {
    throw new MeshError(
      "invalid_key",
      `expected an Ed25519 key, got ${privateKey.asymmetricKeyType}`,
    );
  }
  const publicKey = createPublicKey(privateKey);
  const { x = "" } = publicKey.export({ format: "jwk" });
  return {
    peerId: peerIdOf(new Uint8Array(Buffer.from(x, "base64url"))),
    privateKey,
    publicKeyPem: publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}
