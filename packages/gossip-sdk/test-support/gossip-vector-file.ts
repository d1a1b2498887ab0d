import * as z from "zod";

/*
 * Shape of a Gossip vector file, docs/protocol/gossip.md section 13. Hex unless a name ends in _b64; *_sha256 is the
 * SHA-256 of the raw bytes.
 */

const hex = z.string().regex(/^([0-9a-f]{2})*$/u);
const base64 = z.base64();

const identity = z.object({
  mnemonic: z.string(),
  user_id: z.string(),
  user_id_hex: hex,
  public_keys_len: z.int().nonnegative(),
  public_keys_sha256: hex,
  public_keys_b64: base64.optional(),
  dsa_verification_key_sha256: hex,
  kem_public_key_sha256: hex,
  massa_public_key: hex,
  evm_public_key: hex,
  dsa_signing_key_len: z.int().nonnegative(),
  dsa_signing_key_sha256: hex,
  kem_secret_key_len: z.int().nonnegative(),
  kem_secret_key_sha256: hex,
  massa_secret_key: hex,
  evm_secret_key: hex,
  secret_keys_len: z.int().nonnegative(),
  secret_keys_sha256: hex,
  massa_address: z.string(),
  evm_address: z.string(),
  storage_key_zero_salt: hex,
});

const passwordKdf = z.object({ seed: z.string(), salt: hex, key64: hex });
const aead = z.object({ key: hex, nonce: hex, aad: hex, plaintext: hex, ciphertext: hex });

const at = { now: z.int().nonnegative(), actor: z.int().nonnegative() };
const withPeer = { ...at, peer: z.int().nonnegative() };
const drawn = { rng: hex, rng_calls: z.array(z.int().nonnegative()) };
const flip = { flip_low_bit_at: z.int().nonnegative().optional() };

const step = z.discriminatedUnion("op", [
  z.object({
    op: z.literal("establish_outgoing_session"),
    ...withPeer,
    user_data: hex,
    announcement_b64: base64,
    announcement: z.int().nonnegative(),
    ...drawn,
  }),
  z.object({
    op: z.literal("feed_incoming_announcement"),
    ...at,
    announcement: z.int().nonnegative(),
    ...flip,
    result: z
      .object({ announcer_user_id: z.string(), timestamp: z.int(), user_data: hex })
      .nullable(),
  }),
  z.object({
    op: z.literal("send_message"),
    ...withPeer,
    contents: hex,
    seeker: hex.nullable(),
    data_b64: base64.optional(),
    message: z.int().nonnegative().optional(),
    rng: hex.optional(),
    rng_calls: z.array(z.int().nonnegative()).optional(),
  }),
  z.object({
    op: z.literal("feed_incoming_message_board_read"),
    ...at,
    message: z.int().nonnegative(),
    ...flip,
    result: z
      .object({
        user_id: z.string(),
        timestamp: z.int(),
        message: hex,
        acknowledged_seekers: z.array(hex),
      })
      .nullable(),
  }),
  z.object({
    op: z.literal("get_message_board_read_keys"),
    ...at,
    seekers_sorted: z.array(hex),
  }),
  z.object({ op: z.literal("peer_session_status"), ...withPeer, status: z.string() }),
  z.object({ op: z.literal("refresh"), ...at, keep_alive_user_ids_sorted: z.array(z.string()) }),
  z.object({ op: z.literal("peer_list"), ...at, user_ids_sorted: z.array(z.string()) }),
  z.object({ op: z.literal("peer_discard"), ...withPeer }),
  z.object({ op: z.literal("persist_and_restore"), ...at }),
]);

const config = z.object({
  max_incoming_announcement_age_millis: z.int(),
  max_incoming_announcement_future_millis: z.int(),
  max_incoming_message_age_millis: z.int(),
  max_incoming_message_future_millis: z.int(),
  max_session_inactivity_millis: z.int(),
  keep_alive_interval_millis: z.int(),
  max_session_lag_length: z.int(),
  max_keep_alive_peer_lag_length: z.int(),
});

const scenario = z.object({
  name: z.string(),
  config: z.union([z.literal("default"), config]),
  steps: z.array(step),
});

export const gossipVectorFile = z.object({
  identities: z.array(identity),
  password_kdf: z.array(passwordKdf),
  aead: z.array(aead),
  scenarios: z.array(scenario),
});

export type IdentityVector = z.infer<typeof identity>;
export type PasswordKdfVector = z.infer<typeof passwordKdf>;
export type AeadVector = z.infer<typeof aead>;
export type ScenarioVector = z.infer<typeof scenario>;
export type StepVector = z.infer<typeof step>;
