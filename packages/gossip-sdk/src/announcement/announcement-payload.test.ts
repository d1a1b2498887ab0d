import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/bytes.ts";
import { encodeAnnouncementPayload, tryDecodeAnnouncementPayload } from "./announcement-payload.ts";

describe("the texts of an announcement", () => {
  it("are two length-prefixed UTF-8 strings", () => {
    const bytes = encodeAnnouncementPayload({ username: "Zoë", message: "hi" });
    expect(toHex(bytes)).toBe("040000005a6fc3ab020000006869");
  });

  it("are read back trimmed", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 50 });
    fc.assert(
      fc.property(text, text, (username, message) => {
        const expected = {
          username: username.toWellFormed().trim(),
          message: message.toWellFormed().trim(),
        };
        fc.pre(expected.username !== "" || expected.message !== "");
        const bytes = encodeAnnouncementPayload({ username, message });
        expect(tryDecodeAnnouncementPayload(bytes)).toEqual(expected);
      }),
    );
  });

  it("take no bytes when there is nothing to say", () => {
    expect(encodeAnnouncementPayload({})).toHaveLength(0);
    expect(encodeAnnouncementPayload({ username: " ", message: "\n" })).toHaveLength(0);
    expect(tryDecodeAnnouncementPayload(new Uint8Array())).toBeUndefined();
  });

  it("cut short anywhere are none", () => {
    const bytes = encodeAnnouncementPayload({ username: "bob", message: "hello" });
    for (let length = 0; length < bytes.length; length++) {
      expect(tryDecodeAnnouncementPayload(bytes.subarray(0, length))).toBeUndefined();
    }
  });

  it("of any bytes are texts or none, never an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const payload = tryDecodeAnnouncementPayload(bytes);
        expect(typeof payload?.username).toBe(payload === undefined ? "undefined" : "string");
      }),
    );
  });
});
