import * as z from "zod";

/*
 * Shape of a mesh vector file, docs/protocol/mesh.md section 1.3. Strict: a field that nobody compares is an error, so that
 * "no mismatch" means all of it. `name`, `note`, `source`, and `rules` are prose.
 */

const hex = z.string().regex(/^([0-9a-f]{2})*$/u);

const key = z.strictObject({
  seed_hex: hex,
  private_key_pem: z.string(),
  public_key_pem: z.string(),
  public_key_raw_hex: hex,
  peer_id: z.string(),
});

const message = z.strictObject({
  name: z.string(),
  /** Which of the keys has signed. */
  key: z.int(),
  received_frame_text: z.string(),
  stored_payload_string: z.string().nullable(),
  canonical: z.string(),
  canonical_utf8_hex: hex,
  canonical_sha256: hex,
  signature: z.string(),
  verifies: z.boolean(),
});

const verification = z.strictObject({
  name: z.string(),
  canonical: z.string(),
  signature: z.string(),
  public_key_pem: z.string(),
  verifies: z.boolean(),
});

const directChannel = z.strictObject({
  peers: z.tuple([z.string(), z.string()]),
  channel_id: z.string(),
  note: z.string().optional(),
});

/** Every section may be missing; what is there has this form. */
export const meshVectorFile = z.looseObject({
  keys: z.array(key).optional(),
  messages: z.array(message).optional(),
  verification: z.array(verification).optional(),
  dm_channel_ids: z.array(directChannel).optional(),
  dm_ambiguity: z.array(directChannel).optional(),
});

/** The frame inside a message vector, as far as a signature covers it. */
export const vectorFrame = z.looseObject({
  type: z.literal("message"),
  message_id: z.string(),
  channel_id: z.string(),
  sender_id: z.string(),
  body: z.string(),
  payload: z.unknown().optional(),
  timestamp: z.string(),
});

export type MeshVectors = z.infer<typeof meshVectorFile>;
export type KeyVector = z.infer<typeof key>;
export type MessageVector = z.infer<typeof message>;
export type VerificationVector = z.infer<typeof verification>;
export type DirectChannelVector = z.infer<typeof directChannel>;
export type VectorFrame = z.infer<typeof vectorFrame>;
