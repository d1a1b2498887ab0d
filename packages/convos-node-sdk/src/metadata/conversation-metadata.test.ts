import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator, stranger } from "../../test-support/sample-invites.ts";
import { decodeBase64Url, encodeBase64Url } from "../codec/base64url.ts";
import { concatBytes, toHex } from "../codec/bytes.ts";
import { decompressFrame } from "../codec/frame.ts";
import { ProtobufWriter } from "../codec/protobuf.ts";
import { MAX_METADATA_BYTES } from "../limits.ts";
import { decodeMetadata, editMetadata, encodeMetadata } from "./conversation-metadata.ts";
import { createTag } from "./tag.ts";

const TAG = "LZ91JMJNly";
const IMAGE = {
  url: "https://example.org/a.enc",
  salt: new Uint8Array(32).fill(1),
  nonce: new Uint8Array(12).fill(2),
};
const KEY = new Uint8Array(32).fill(3);

/** A profile with a field that the app has and the CLI drops, and one of tomorrow. */
const foreignProfile = new ProtobufWriter()
  .bytes(1, Buffer.from(stranger.inboxId, "hex"))
  .text(2, "Béla")
  .text(5, '[{"grant":"calendar"}]')
  .text(77, "of tomorrow")
  .finish();

function appDataOf(protobuf: Uint8Array): string {
  return encodeBase64Url(protobuf);
}

function bytesOf(appData: string): Uint8Array {
  return decompressFrame(decodeBase64Url(appData), MAX_METADATA_BYTES);
}

describe("group metadata", () => {
  it("is read as it was written", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
    const image = fc.constant(IMAGE);
    const profile = fc.record(
      {
        inboxId: fc.constantFrom(creator.inboxId, stranger.inboxId),
        name: text,
        image: text,
        encryptedImage: image,
      },
      { requiredKeys: ["inboxId"] },
    );
    const metadata = fc.record(
      {
        tag: text,
        profiles: fc.array(profile, { maxLength: 20 }),
        expiresAtUnix: fc.integer({ min: 1, max: 2 ** 40 }),
        imageEncryptionKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        encryptedGroupImage: image,
        emoji: text,
      },
      { requiredKeys: ["tag", "profiles"] },
    );
    fc.assert(
      fc.property(metadata, (value) => {
        expect(decodeMetadata(encodeMetadata(value))).toEqual(value);
      }),
    );
  });

  it("that nobody has written yet is empty", () => {
    expect(decodeMetadata("")).toEqual({ tag: "", profiles: [] });
  });

  it("takes the date 0 for none, and refuses no odd image key", () => {
    const protobuf = new ProtobufWriter().text(1, TAG).sfixed64(3, 0).bytes(4, new Uint8Array(5));
    expect(decodeMetadata(appDataOf(protobuf.finish()))).toEqual({ tag: TAG, profiles: [] });
  });

  it("in the legacy JSON form is read, and never written over", () => {
    const legacy = `{"tag":"${TAG}","expiresAtUnix":5,"more":[]}`;
    expect(decodeMetadata(legacy)).toEqual({ tag: TAG, profiles: [], expiresAtUnix: 5 });
    expect(refusalOf(() => editMetadata(legacy, { tag: TAG }))).toBe("malformed");
  });

  it.each([
    ["text that is no base64url", "!!not base64!!", "malformed"],
    ["broken JSON", '{"tag":', "malformed"],
    ["JSON of another form", '{"tag":5}', "malformed"],
    ["bytes that are no protobuf", encodeBase64Url(Uint8Array.of(0x0a, 5, 1)), "malformed"],
    [
      "a broken profile",
      appDataOf(new ProtobufWriter().text(1, TAG).bytes(2, KEY).finish()),
      "malformed",
    ],
    ["a damaged frame", encodeBase64Url(Uint8Array.of(0x1f, 0, 0, 0, 9, 1, 2)), "malformed"],
    [
      "a bomb",
      encodeBase64Url(
        concatBytes(
          Uint8Array.of(0x1f, 0, 0x9f, 0xff, 0xff),
          deflateRawSync(new Uint8Array(2 ** 20)),
        ),
      ),
      "too_large",
    ],
    ["more text than a group can hold", "A".repeat(20_000), "too_large"],
  ])("that cannot be read is neither read nor written over: %s", (_what, appData, code) => {
    expect(refusalOf(() => decodeMetadata(appData))).toBe(code);
    expect(refusalOf(() => editMetadata(appData, { tag: TAG }))).toBe(code);
  });
});

describe("a change of group metadata", () => {
  const original = concatBytes(
    new ProtobufWriter().text(1, TAG).bytes(2, foreignProfile).finish(),
    // An integer longer than it needs to be, and a field that nobody knows, in between.
    Uint8Array.of(0x88, 0x01, 0x81, 0x00),
    new ProtobufWriter().sfixed64(3, 1_924_992_000).bytes(2, foreignProfile).text(6, "🎈").finish(),
    new ProtobufWriter().text(99, "of tomorrow").finish(),
  );
  const appData = appDataOf(original);

  it("of nothing gives the very same bytes", () => {
    expect(toHex(bytesOf(editMetadata(appData, {})))).toBe(toHex(original));
  });

  it("leaves every other byte where it was", () => {
    const before = toHex(original);
    const balloon = toHex(new ProtobufWriter().text(6, "🎈").finish());
    const rocket = toHex(new ProtobufWriter().text(6, "🚀").finish());
    const edited = bytesOf(editMetadata(appData, { emoji: "🚀" }));
    expect(before).toContain(balloon);
    expect(toHex(edited)).toBe(before.replace(balloon, rocket));
  });

  it("removes what is set to null, and only that", () => {
    const date = toHex(new ProtobufWriter().sfixed64(3, 1_924_992_000).finish());
    const balloon = toHex(new ProtobufWriter().text(6, "🎈").finish());
    const edited = bytesOf(editMetadata(appData, { expiresAtUnix: null, emoji: null }));
    expect(toHex(edited)).toBe(toHex(original).replace(date, "").replace(balloon, ""));
  });

  it("never writes the date 0, which would hide the conversation", () => {
    const edited = decodeMetadata(editMetadata(appData, { expiresAtUnix: 0 }));
    expect(edited.expiresAtUnix).toBeUndefined();
    expect(toHex(bytesOf(editMetadata(appData, { expiresAtUnix: 0 })))).not.toContain(
      toHex(new ProtobufWriter().sfixed64(3, 0).finish()),
    );
  });

  it("puts a new field before those with higher numbers", () => {
    const plain = appDataOf(new ProtobufWriter().text(1, TAG).text(6, "🎈").finish());
    const edited = editMetadata(plain, { imageEncryptionKey: KEY, encryptedGroupImage: IMAGE });
    expect(edited).toBe(
      encodeMetadata({
        tag: TAG,
        profiles: [],
        imageEncryptionKey: KEY,
        encryptedGroupImage: IMAGE,
        emoji: "🎈",
      }),
    );
  });

  it("writes one field where several were", () => {
    const doubled = new ProtobufWriter().text(1, "first").text(6, "🎈").text(1, TAG).finish();
    const edited = bytesOf(editMetadata(appDataOf(doubled), { tag: "new" }));
    expect(edited).toEqual(new ProtobufWriter().text(1, "new").text(6, "🎈").finish());
  });

  it("keeps all unknown fields of any metadata", () => {
    const unknown = fc.array(
      fc.tuple(fc.integer({ min: 7, max: 5000 }), fc.uint8Array({ maxLength: 40 })),
      { maxLength: 20 },
    );
    const emojis = fc.constantFrom("🚀", "🎈", null);
    fc.assert(
      fc.property(unknown, emojis, (fields, emoji) => {
        const rest = fields.map(([number, value]) =>
          new ProtobufWriter().bytes(number, value).finish(),
        );
        const before = concatBytes(new ProtobufWriter().text(1, TAG).finish(), ...rest);
        const after = toHex(bytesOf(editMetadata(appDataOf(before), { emoji })));
        expect(after).toContain(toHex(concatBytes(...rest)));
        expect(after).toHaveLength(before.length * 2 + (emoji === null ? 0 : 12));
      }),
    );
  });

  it("that leaves no tag is refused", () => {
    expect(refusalOf(() => editMetadata(appData, { tag: "" }))).toBe("invalid_input");
    expect(refusalOf(() => editMetadata("", { emoji: "🎈" }))).toBe("invalid_input");
    const untagged = appDataOf(new ProtobufWriter().text(6, "🎈").finish());
    expect(refusalOf(() => editMetadata(untagged, {}))).toBe("invalid_input");
    expect(decodeMetadata(editMetadata("", { tag: TAG })).tag).toBe(TAG);
  });

  it("that a group could not hold is refused", () => {
    const emoji = Array.from({ length: 4000 }, (_, index) => String.fromCodePoint(0x4e00 + index));
    expect(refusalOf(() => editMetadata(appData, { emoji: emoji.join("") }))).toBe("too_large");
    const imageEncryptionKey = new Uint8Array(16);
    expect(refusalOf(() => editMetadata(appData, { imageEncryptionKey }))).toBe("invalid_input");
  });
});

describe("a tag", () => {
  it("has ten letters and digits, each drawn evenly", () => {
    expect(createTag()).toMatch(/^[A-Za-z0-9]{10}$/u);
    const limits: number[] = [];
    const draw = (limit: number): number => limits.push(limit) - 1;
    expect(createTag(draw)).toBe("ABCDEFGHIJ");
    expect(limits).toEqual(Array.from({ length: 10 }, () => 62));
  });
});
