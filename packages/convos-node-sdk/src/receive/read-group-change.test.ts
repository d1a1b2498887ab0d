import { describe, expect, it } from "vitest";
import { readGroupChange } from "./read-group-change.ts";

/** A field of protobuf with a length: none of these is longer than 127 bytes. */
function field(number: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

describe("the network's note about a commit", () => {
  it.each([
    ["group_name", "name"],
    ["description", "description"],
    ["group_image_url_square", "image"],
    ["app_data", "metadata"],
  ])("tells of a change of %s as one of the %s, without its text", (name, told) => {
    const change = Buffer.concat([field(1, name), field(2, "before"), field(3, "after")]);
    expect(readGroupChange(field(4, change))).toEqual([
      { type: "conversation_updated", field: told },
    ]);
  });

  it("tells of nothing for a field that nobody sees", () => {
    expect(readGroupChange(field(4, field(1, "message_disappear_in_ns")))).toEqual([]);
  });

  it("tells who came and who went, by whatever way", () => {
    const [added, removed, left] = [field(1, "aa"), field(1, "bb"), field(1, "cc")];
    const note = Buffer.concat([field(2, added), field(3, removed), field(5, left)]);
    expect(readGroupChange(note)).toEqual([
      { type: "members_changed", added: ["aa"], removed: ["bb", "cc"] },
    ]);
  });
});
