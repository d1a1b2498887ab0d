// What we write is read by the official CLI's own code, and the other way round, for random values.
import { randomBytes } from "node:crypto";
import { emojiForIdentifier } from "@xmtp/convos-cli/utils/emoji";
import { decryptImage as cliDecryptImage } from "@xmtp/convos-cli/utils/imageEncryption";
import {
  createInviteSlug,
  decryptConversationToken,
  parseInvite,
  verifyInviteSignature,
} from "@xmtp/convos-cli/utils/invite";
import { parseAppData, serializeAppData } from "@xmtp/convos-cli/utils/metadata";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { creator } from "../test-support/sample-invites.ts";
import { toHex } from "./codec/bytes.ts";
import { emojiForConversation } from "./emoji/conversation-emoji.ts";
import { publicKeyOf } from "./identity/key.ts";
import { encryptImage } from "./image/image-encryption.ts";
import { createInvite, decodeInvite } from "./invite/invite.ts";
import { isSignedBy } from "./invite/signature.ts";
import { openConversationToken } from "./invite/token.ts";
import { decodeMetadata, editMetadata, encodeMetadata } from "./metadata/conversation-metadata.ts";

const { privateKey, inboxId } = creator;
const PRIVATE_HEX = `0x${toHex(privateKey.reveal())}`;
const NUM_RUNS = 40;

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 120 });
const conversationId = fc.oneof(text, fc.uuid(), fc.constant("62f78dc5b89d2f232c242053092b3d13"));
const image = fc.record({
  url: text,
  salt: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  nonce: fc.uint8Array({ minLength: 12, maxLength: 12 }),
});
const metadata = fc.record(
  {
    tag: text,
    profiles: fc.array(
      fc.record(
        { inboxId: fc.constant(inboxId), name: text, image: text, encryptedImage: image },
        { requiredKeys: ["inboxId"] },
      ),
      { maxLength: 5 },
    ),
    expiresAtUnix: fc.integer({ min: 1, max: 2 ** 33 }),
    imageEncryptionKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    encryptedGroupImage: image,
    emoji: text,
  },
  { requiredKeys: ["tag", "profiles"] },
);

describe("the official CLI", () => {
  it("reads, verifies and opens our invites", async () => {
    const details = fc.record(
      { name: text, description: text, imageUrl: text, emoji: text, expiresAfterUse: fc.boolean() },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(conversationId, text, details, async (id, tag, said) => {
        const invite = { privateKey, creatorInboxId: inboxId, conversationId: id, tag, ...said };
        const read = parseInvite(createInvite(invite).url);
        expect(read).toMatchObject({ ...said, tag, creatorInboxId: inboxId });
        expect(await verifyInviteSignature(read, PRIVATE_HEX)).toBe(true);
        const { conversationToken } = read;
        expect(decryptConversationToken(conversationToken, inboxId, privateKey.reveal())).toBe(id);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it("makes invites that we read, verify and open", async () => {
    const details = fc.record(
      { name: text, description: text, imageUrl: text, emoji: text, expiresAfterUse: fc.boolean() },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(conversationId, text, details, async (id, tag, said) => {
        const slug = await createInviteSlug(id, inboxId, tag, PRIVATE_HEX, said);
        const invite = decodeInvite(slug);
        expect(invite.payload).toMatchObject({ ...said, tag, creatorInboxId: inboxId });
        expect(isSignedBy(invite, publicKeyOf(privateKey))).toBe(true);
        const opened = openConversationToken(invite.payload.token, privateKey, inboxId);
        expect(opened).toBe(id);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it("writes the very metadata that we write, and reads ours", () => {
    fc.assert(
      fc.property(metadata, text, (value, emoji) => {
        const appData = encodeMetadata(value);
        expect(serializeAppData(value)).toBe(appData);
        const edited = parseAppData(editMetadata(appData, { emoji }));
        expect(JSON.stringify(edited)).toBe(
          JSON.stringify(parseAppData(serializeAppData({ ...value, emoji }))),
        );
        expect(decodeMetadata(serializeAppData(value))).toEqual(value);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it("opens our encrypted images, and takes our emoji for a conversation", async () => {
    const groupKey = randomBytes(32);
    const picture = randomBytes(500);
    const { ciphertext, salt, nonce } = encryptImage(picture, groupKey);
    const opened = await cliDecryptImage(ciphertext, groupKey, salt, nonce);
    expect(toHex(opened)).toBe(toHex(picture));
    for (let i = 0; i < 300; i += 1) {
      const id = randomBytes(16).toString("hex");
      expect(emojiForConversation(id)).toBe(emojiForIdentifier(id));
    }
  });
});
