import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator, sampleInvite, stranger } from "../../test-support/sample-invites.ts";
import { encodeBase64Url } from "../codec/base64url.ts";
import { compressIfSmaller } from "../codec/frame.ts";
import { ProtobufWriter } from "../codec/protobuf.ts";
import { publicKeyOf } from "../identity/key.ts";
import {
  assertUsable,
  createInvite,
  decodeInvite,
  type NewInvite,
  tryDecodeInvite,
} from "./invite.ts";
import { isSignedBy, signInvitePayload } from "./signature.ts";
import {
  encodeInvitePayload,
  encodeSignedInvite,
  parseSignedInvite,
  type SignedInvite,
} from "./signed-invite.ts";
import { decodeSlug, encodeSlug } from "./slug.ts";
import { openConversationToken } from "./token.ts";

const NOW_MS = Date.UTC(2026, 6, 1);
const UNIX_NOW = NOW_MS / 1000;
const notOurs = () => false;
const isCreator = (inboxId: string) => inboxId === creator.inboxId;

describe("an invite", () => {
  it("says what it was made of, is signed by its creator, and opens for nobody else", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 });
    const details = fc.record(
      {
        name: text,
        description: text,
        imageUrl: text,
        emoji: text,
        expiresAtUnix: fc.integer({ min: 1, max: 2 ** 40 }),
        conversationExpiresAtUnix: fc.integer({ min: 1, max: 2 ** 40 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(details, text, fc.boolean(), (said, conversationId, expiresAfterUse) => {
        const { slug, url } = createInvite({
          ...sampleInvite,
          ...said,
          conversationId: `id ${conversationId}`,
          expiresAfterUse,
        });
        const invite = decodeInvite(slug);
        const { token, ...payload } = invite.payload;
        expect(payload).toEqual({
          ...said,
          expiresAfterUse,
          tag: sampleInvite.tag,
          creatorInboxId: creator.inboxId,
        });
        expect(tryDecodeInvite(url)).toEqual(invite);
        expect(isSignedBy(invite, publicKeyOf(creator.privateKey))).toBe(true);
        expect(isSignedBy(invite, publicKeyOf(stranger.privateKey))).toBe(false);
        const open = (key: typeof creator) =>
          openConversationToken(token, key.privateKey, creator.inboxId);
        expect(open(creator)).toBe(`id ${conversationId}`);
        expect(refusalOf(() => open(stranger))).toBe("invite_forged");
      }),
      { numRuns: 30 },
    );
  });

  it("is never compressed, and has a star after every 300 characters", () => {
    const { slug } = createInvite({ ...sampleInvite, description: "again and ".repeat(60) });
    expect(slug).toMatch(/^C[^*]{299}(?:\*[^*]{300})+\*[^*]{1,300}$/u);
  });

  it("of exactly 300 characters has no star at its end", () => {
    expect(encodeSlug(new Uint8Array(225))).toMatch(/^A{300}$/u);
    expect(encodeSlug(new Uint8Array(226))).toMatch(/^A{300}\*AA$/u);
  });

  it("is read with its stars in other places, and in the frame of the app", () => {
    const { slug } = createInvite({ ...sampleInvite, description: "again and ".repeat(60) });
    const moved = slug.replaceAll("*", "").replace(/^(.{7})(.{9})/u, "$1*$2**");
    expect(decodeInvite(moved)).toEqual(decodeInvite(slug));
    const framed = compressIfSmaller(decodeSlug(slug));
    expect(framed[0]).toBe(0x1f);
    expect(decodeInvite(encodeSlug(framed))).toEqual(decodeInvite(slug));
  });

  it("cannot be made without a tag, a conversation or a creator", () => {
    for (const missing of [{ tag: "" }, { conversationId: "" }, { creatorInboxId: "12" }]) {
      expect(refusalOf(() => createInvite({ ...sampleInvite, ...missing }))).toBe("invalid_input");
    }
  });

  it("keeps the very bytes that were signed, with fields that we do not know", () => {
    const known = decodeInvite(createInvite(sampleInvite).slug).payloadBytes;
    const payloadBytes = new Uint8Array([
      ...known,
      ...new ProtobufWriter().text(99, "new").finish(),
    ]);
    const signature = signInvitePayload(payloadBytes, creator.privateKey);
    const invite = decodeInvite(encodeSlug(encodeSignedInvite(payloadBytes, signature)));
    expect(invite.payloadBytes).toEqual(payloadBytes);
    expect(isSignedBy(invite, publicKeyOf(creator.privateKey))).toBe(true);
  });
});

describe("a text that is no invite", () => {
  const { payload, payloadBytes, signature } = decodeInvite(createInvite(sampleInvite).slug);
  const withPayload = (change: object): Uint8Array => {
    const bytes = encodeInvitePayload({ ...payload, ...change });
    return encodeSignedInvite(bytes, signInvitePayload(bytes, creator.privateKey));
  };

  it.each([
    ["a payload without a token", withPayload({ token: new Uint8Array() })],
    ["a signature of 64 bytes", encodeSignedInvite(payloadBytes, signature.subarray(1))],
    ["a signature of 66 bytes", encodeSignedInvite(payloadBytes, new Uint8Array(66))],
    ["no signature", new ProtobufWriter().bytes(1, payloadBytes).finish()],
    ["no payload", new ProtobufWriter().bytes(2, signature).finish()],
    ["an empty payload", encodeSignedInvite(new Uint8Array(), signature)],
    [
      "a creator of 20 bytes",
      encodeSignedInvite(
        new ProtobufWriter()
          .bytes(1, payload.token)
          .bytes(2, new Uint8Array(20))
          .text(3, "t")
          .finish(),
        signature,
      ),
    ],
    [
      "an empty tag",
      encodeSignedInvite(
        new ProtobufWriter()
          .bytes(1, payload.token)
          .bytes(2, new Uint8Array(32))
          .text(3, "")
          .finish(),
        signature,
      ),
    ],
  ])("has %s", (_what, bytes) => {
    const slug = encodeBase64Url(bytes);
    expect(refusalOf(() => parseSignedInvite(bytes))).toBe("malformed");
    expect(refusalOf(() => decodeInvite(slug))).toBe("invalid_invite");
    expect(tryDecodeInvite(slug)).toBeUndefined();
  });

  it.each([
    ..."YES|1|2|👍|❤️|😂|🎉|нет|ok|hello|Hi there!|no|CgIKAA|AA|https://example.com/".split("|"),
    "0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
    "test".repeat(30),
    "CgA",
    "Here is my invite, do you want to come? https://popup.convos.org/v2?i=abc",
    "",
  ])("is %j", (text) => {
    expect(tryDecodeInvite(text)).toBeUndefined();
  });

  it("is every truncation of an invite, and every text with one letter changed", () => {
    const { slug } = createInvite(sampleInvite);
    for (let end = 0; end < slug.length; end += 1) {
      expect(tryDecodeInvite(slug.slice(0, end))).toBeUndefined();
    }
    const publicKey = publicKeyOf(creator.privateKey);
    for (let at = 0; at < slug.length; at += 1) {
      const letter = slug[at] === "A" ? "B" : "A";
      const invite = tryDecodeInvite(slug.slice(0, at) + letter + slug.slice(at + 1));
      expect(invite !== undefined && isSignedBy(invite, publicKey)).toBe(false);
    }
  });

  it("is any text that people write", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        expect(tryDecodeInvite(text)).toBeUndefined();
      }),
    );
  });
});

describe("whether an invite is of use", () => {
  it.each([
    ["has no date", {}, undefined],
    ["ends later", { expiresAtUnix: UNIX_NOW + 1 }, undefined],
    ["ends now", { expiresAtUnix: UNIX_NOW }, "invite_expired"],
    ["has ended", { expiresAtUnix: UNIX_NOW - 1 }, "invite_expired"],
    ["is of a conversation that has ended", { conversationExpiresAtUnix: 1 }, "invite_expired"],
    ["ended before 1970", { expiresAtUnix: -5 }, "invite_expired"],
    ["says 0, which is no date", { expiresAtUnix: 0 }, undefined],
  ])("depends on dates: one that %s", (_what, dates, code) => {
    expect(refusalOf(() => assertUsable(inviteOf(dates), NOW_MS, notOurs))).toBe(code);
  });

  it("depends on whose it is: nobody joins by an own one", () => {
    expect(refusalOf(() => assertUsable(inviteOf({}), NOW_MS, isCreator))).toBe("own_invite");
  });
});

function inviteOf(dates: Partial<NewInvite>): SignedInvite {
  return decodeInvite(createInvite({ ...sampleInvite, ...dates }).slug);
}
