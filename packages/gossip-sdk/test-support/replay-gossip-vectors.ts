import { z } from "zod";
import { Checks } from "sdk-kit/vectors";
import { toHex, utf8Bytes } from "../src/codec/bytes.ts";
import { createNativeProvider } from "../src/crypto/native.ts";
import { createPortableProvider } from "../src/crypto/portable.ts";
import type { CryptoProvider } from "../src/crypto/provider.ts";
import type { Identity } from "../src/identity/identity.ts";
import { GossipScenario } from "./gossip-scenario.ts";
import { type AeadVector, gossipVectorFile, type PasswordKdfVector } from "./gossip-vector-file.ts";
import { replayIdentity } from "./identity-vectors.ts";
import { ScriptedRandom } from "./scripted-random.ts";

/**
 * Replays a Gossip vector file with its clock and randomness. The portable provider has to make every byte of it; the
 * native one, which draws its own randomness, has to agree on everything that is not drawn.
 *
 * @param file - Parsed JSON.
 * @throws TypeError when the file does not have the form of docs/protocol/gossip.md section 13.
 */
export async function replayGossipVectors(file: unknown): Promise<Checks> {
  const parsed = gossipVectorFile.safeParse(file);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  const vectors = parsed.data;
  const checks = new Checks();
  const random = new ScriptedRandom();
  const portable = createPortableProvider({ randomBytes: random.draw });
  const native = createNativeProvider();

  for (const [i, vector] of vectors.aead.entries()) {
    for (const crypto of [portable, native]) {
      await checks.stepAsync(`aead #${i}`, () => replayAead(`aead #${i}`, vector, crypto, checks));
    }
  }
  for (const [i, vector] of vectors.password_kdf.entries()) {
    for (const crypto of [portable, native]) {
      await checks.stepAsync(`password #${i}`, () => replayPassword(i, vector, crypto, checks));
    }
  }
  // Both have just been compared in Argon2id, where the portable one takes a second each time.
  const quickPortable = {
    ...portable,
    argon2id: (password: Uint8Array, salt: Uint8Array, length: number) =>
      native.argon2id(password, salt, length),
  };
  const identities: Identity[] = [];
  for (const [i, vector] of vectors.identities.entries()) {
    for (const crypto of [native, quickPortable]) {
      await checks.stepAsync(`identity #${i}`, async () => {
        identities[i] = await replayIdentity(`${crypto.name} #${i}`, vector, crypto, checks);
      });
    }
  }
  for (const vector of vectors.scenarios) {
    const scenario = new GossipScenario(vector, { identities, crypto: portable, random, checks });
    for (const [i, step] of vector.steps.entries()) {
      await checks.stepAsync(`${vector.name} #${i} ${step.op}`, () => scenario.play(step, i));
    }
  }
  return checks;
}

function replayAead(
  label: string,
  vector: AeadVector,
  crypto: CryptoProvider,
  checks: Checks,
): void {
  const key = Buffer.from(vector.key, "hex");
  const nonce = Buffer.from(vector.nonce, "hex");
  const aad = Buffer.from(vector.aad, "hex");
  const plaintext = Buffer.from(vector.plaintext, "hex");
  const ciphertext = Buffer.from(vector.ciphertext, "hex");
  const sealed = crypto.aesSivSeal(key, nonce, aad, plaintext);
  const opened = crypto.aesSivOpen(key, nonce, aad, ciphertext);
  checks.equal(`${label} ${crypto.name} seals`, toHex(sealed), vector.ciphertext);
  checks.equal(`${label} ${crypto.name} opens`, opened && toHex(opened), vector.plaintext);
}

async function replayPassword(
  index: number,
  vector: PasswordKdfVector,
  crypto: CryptoProvider,
  checks: Checks,
): Promise<void> {
  const password = utf8Bytes(vector.seed);
  const key = await crypto.argon2id(password, Buffer.from(vector.salt, "hex"), 64);
  checks.equal(`password #${index} ${crypto.name}`, toHex(key), vector.key64);
}
