import { createHash } from "node:crypto";
import { deflateRawSync, deflateSync } from "node:zlib";
import { concatBytes } from "../../packages/convos-node-sdk/src/codec/bytes.ts";
import { type ConvosKey, keyFromBytes } from "../../packages/convos-node-sdk/src/identity/key.ts";
import { createInvite } from "../../packages/convos-node-sdk/src/invite/invite.ts";
import { decodeSlug } from "../../packages/convos-node-sdk/src/invite/slug.ts";
import { SeededRandom } from "./random.ts";

/** A creator and what it has given out, as valid samples to start from. */
export interface ConvosFixture {
  readonly creator: ConvosKey;
  /** Signed invites, uncompressed. */
  readonly invites: readonly Uint8Array[];
  /** The same in the frames of other writers, and bombs in each. */
  readonly frames: readonly Uint8Array[];
  readonly slugs: readonly string[];
  readonly links: readonly string[];
  /** Gives the same bytes each time the fixture is made. */
  readonly random: (length: number) => Uint8Array;
}

const MARKER = 0x1f;
const LEGACY_MARKER = 0x78;
const BOMB_BYTES = 8 * 1024 * 1024;

export function createConvosFixture(): ConvosFixture {
  const creator = keyFromBytes(createHash("sha256").update("fuzz: creator").digest());
  const { privateKey, inboxId } = creator;
  const seeded = new SeededRandom(1, "convos fixture");
  const random = (length: number): Uint8Array => seeded.bytes(length);
  const base = {
    privateKey,
    creatorInboxId: inboxId,
    conversationId: "62f78dc5b89d2f232c242053092b3d13",
    tag: "LZ91JMJNly",
    random,
  };
  const made = [
    createInvite(base),
    createInvite({ ...base, conversationId: "a057e3e7-bcdf-3dbb-0c7a-4787037a6d06" }),
    createInvite({
      ...base,
      name: "Überraschung 🎉",
      description: "one two three four ".repeat(12),
      imageUrl: "https://example.org/a.enc",
      emoji: "🎈",
      expiresAtUnix: 1_924_992_000,
      conversationExpiresAtUnix: 1_924_992_005,
      expiresAfterUse: true,
    }),
  ];
  const invites = made.map(({ slug }) => decodeSlug(slug));
  return {
    creator,
    invites,
    frames: [...invites.flatMap(framesOf), ...framesOf(new Uint8Array(BOMB_BYTES))],
    slugs: made.map(({ slug }) => slug),
    links: made.flatMap(({ slug, url }) => [url, `convos://join/${slug}`, `https://x.y/i/${slug}`]),
    random,
  };
}

function framesOf(bytes: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(5);
  header[0] = MARKER;
  new DataView(header.buffer).setUint32(1, bytes.length);
  const zlib = deflateSync(bytes);
  return [
    concatBytes(header, deflateRawSync(bytes)),
    concatBytes(header, zlib),
    concatBytes(Uint8Array.of(LEGACY_MARKER), zlib),
  ];
}
