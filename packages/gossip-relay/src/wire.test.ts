import { describe, expect, it } from "vitest";
import { createWireParsers, encodeBase64 } from "./wire.ts";

const wire = createWireParsers({ maxAnnouncementBytes: 3_000, maxValueBytes: 100 });
const seeker = Uint8Array.from([0x20, ...new Uint8Array(32), 0x01]);
const key = encodeBase64(seeker);
const refused = (status: number) => expect.objectContaining({ status });

describe("wire parsers", () => {
  it("decode standard Base64 with padding", () => {
    expect(wire.auth({ value: "+/8=" }).value).toEqual(Buffer.from([0xfb, 0xff]));
  });

  it.each(["-_8=", "+/8", "+/9=", " +/8=", "+/8=\n", "", "é", 7, null, ["+/8="]])(
    "refuse %o as Base64",
    (value) => {
      expect(() => wire.auth({ value })).toThrow(refused(400));
    },
  );

  it.each([undefined, null, "text", [], {}, { other: "+/8=" }])("refuse the body %o", (body) => {
    expect(() => wire.auth(body)).toThrow(refused(400));
  });

  it("tell too large from malformed", () => {
    const value = encodeBase64(new Uint8Array(101));
    expect(() => wire.messagesPost({ key, value })).toThrow(refused(413));
    expect(() => wire.bulletinPost({ data: encodeBase64(new Uint8Array(3_001)) })).toThrow(
      refused(413),
    );
    expect(() => wire.bulletinPost({ data: encodeBase64(new Uint8Array(2_319)) })).toThrow(
      refused(400),
    );
    expect(wire.bulletinPost({ data: encodeBase64(new Uint8Array(3_000)) }).data.length).toBe(
      3_000,
    );
  });

  it("take a seeker of 34 bytes with its framing only", () => {
    expect(wire.messagesPost({ key, value: "AA==" }).key).toEqual(Buffer.from(seeker));
    const others = [seeker.subarray(1), seeker.with(0, 0x21), seeker.with(33, 2)];
    for (const other of others) {
      const body = { key: encodeBase64(other), value: "AA==" };
      expect(() => wire.messagesPost(body)).toThrow(refused(400));
    }
  });

  it("take 5,000 addresses in one fetch and refuse more", () => {
    const seekers = Array.from({ length: 5_000 }, () => key);
    expect(wire.messagesFetch({ seekers }).seekers).toHaveLength(5_000);
    expect(() => wire.messagesFetch({ seekers: [...seekers, key] })).toThrow(refused(413));
  });

  it("page 50 from the start by default, at most 1000", () => {
    expect(wire.bulletinPage({})).toEqual({ after: 0n, limit: 50 });
    expect(wire.bulletinPage({ after: "7", limit: "500" })).toEqual({ after: 7n, limit: 500 });
    expect(wire.bulletinPage({ limit: "99999" }).limit).toBe(1_000);
    expect(wire.bulletinPage({ limit: "0" }).limit).toBe(1);
    expect(wire.bulletinPage({ after: "99999999999999999999" }).after).toBe(2n ** 63n - 1n);
  });

  it.each([
    { after: "-1" },
    { after: "1e9" },
    { after: "" },
    { limit: "x" },
    { after: ["1", "2"] },
  ])("refuse the query %o", (query) => {
    expect(() => wire.bulletinPage(query)).toThrow(refused(400));
  });

  it("never quote the request in an error", () => {
    expect(() => wire.auth({ value: "secret text!" })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});
