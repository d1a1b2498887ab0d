import { createHmac, hkdfSync } from "node:crypto";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sealer } from "./sealing.ts";

const KEY = new Uint8Array(32).map((_, index) => index);
const PLACE = { table: "outbox", column: "body", row: "ab12" };

describe("Sealer", () => {
  it("opens every JSON value it sealed at the same place", () => {
    const sealer = new Sealer(KEY);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const opened = sealer.openJson(PLACE, sealer.sealJson(PLACE, value));
        expect(opened).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("refuses a value in which any one bit differs", () => {
    const sealer = new Sealer(KEY);
    const sealed = sealer.sealJson(PLACE, "hello");
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const damaged = Uint8Array.from(sealed);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.openJson(PLACE, damaged)).toThrow(
        expect.objectContaining({ code: "corrupt_row" }),
      );
    }
  });

  it("refuses a value that is cut off anywhere", () => {
    const sealer = new Sealer(KEY);
    const sealed = sealer.sealJson(PLACE, { text: "hello" });
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.openJson(PLACE, sealed.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "corrupt_row" }),
      );
    }
  });

  it.each([
    ["another table", { ...PLACE, table: "ingress" }],
    ["another column", { ...PLACE, column: "head" }],
    ["another row", { ...PLACE, row: "ab13" }],
  ])("refuses a value moved to %s", (_name, place) => {
    const sealer = new Sealer(KEY);
    expect(() => sealer.openJson(place, sealer.sealJson(PLACE, 1))).toThrow(
      expect.objectContaining({ code: "corrupt_row" }),
    );
  });

  it("refuses a value sealed under another key", () => {
    const sealed = new Sealer(KEY).sealJson(PLACE, 1);
    const stranger = new Sealer(new Uint8Array(32));
    expect(() => stranger.openJson(PLACE, sealed)).toThrow(
      expect.objectContaining({ code: "corrupt_row" }),
    );
  });

  it.each([0, 16, 31, 33, 64])("refuses a key of %i bytes", (length) => {
    expect(() => new Sealer(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: "invalid_key" }),
    );
  });

  it("derives the same message id for the same key in every process, and another one for every other key", () => {
    const [first, again] = [new Sealer(KEY), new Sealer(KEY)];
    expect(first.messageId("queue/0", 12)).toEqual(again.messageId("queue/0", 12));
    expect(first.messageId("queue/0", 12)).not.toEqual(first.messageId("queue/1", 12));
    expect(first.messageId("queue/0", 12)).not.toEqual(
      new Sealer(new Uint8Array(32)).messageId("queue/0", 12),
    );
  });

  it("derives message ids as HMAC-SHA256 under an HKDF key of the account", () => {
    const idKey = hkdfSync(
      "sha256",
      KEY,
      new Uint8Array(0),
      "channel-durability v1 message id",
      32,
    );
    const expected = createHmac("sha256", Buffer.from(idKey)).update("queue/0").digest();
    expect(Buffer.from(new Sealer(KEY).messageId("queue/0", 32))).toEqual(expected);
    // A changed derivation would send a second copy of every message in flight during the update.
    expect(Buffer.from(new Sealer(KEY).messageId("queue/0", 12)).toString("hex")).toBe(
      "65c9da26f7e9df0c6bd5f561",
    );
  });

  it.each([0, -1, 1.5, 33])("refuses a message id of %d bytes", (length) => {
    expect(() => new Sealer(KEY).messageId("queue/0", length)).toThrow(RangeError);
  });

  it("neither keeps nor changes the caller's key, and prints none of it", () => {
    const key = Uint8Array.from(KEY);
    const sealer = new Sealer(key);
    expect(key).toEqual(KEY);
    key.fill(0);
    expect(sealer.tag("purpose", "value")).toBe(new Sealer(KEY).tag("purpose", "value"));
    const printed = inspect(sealer, { depth: 9, showHidden: true }) + JSON.stringify(sealer);
    expect(printed).not.toContain(Buffer.from(KEY).toString("hex").slice(0, 16));
    expect(printed).not.toContain("00 01 02 03");
  });
});
