import { describe, expect, it } from "vitest";
import { describeExpiry, parseExpiry } from "./expiry.ts";
import { describeConversation, findConversation } from "./find-conversation.ts";

const FAMILY = { id: `ab12${"0".repeat(28)}`, name: "Family" };
const WORK = { id: `ab34${"0".repeat(28)}`, name: "Family" };

describe("which conversation is meant", () => {
  it("is the only one without saying, and else the one whose id begins so", () => {
    expect(findConversation([FAMILY], undefined)).toBe(FAMILY);
    expect(findConversation([FAMILY, WORK], "AB34")).toBe(WORK);
    expect(findConversation([FAMILY, WORK], `convos:${FAMILY.id}`)).toBe(FAMILY);
  });

  it.each([["Family"], ["ab"], ["ab99"], [undefined]])("is not guessed from %s", (wanted) => {
    expect(() => findConversation([FAMILY, WORK], wanted)).toThrow(FAMILY.id);
  });

  it("is none where there is none, with what to do", () => {
    expect(() => findConversation([], undefined)).toThrow(/openclaw convos join.*convos create/);
  });

  it("is shown without what a terminal would obey", () => {
    expect(describeConversation({ id: "x", name: "a\u001b[31mb\u202e" })).toMatch(
      /^x {2}"a\[31mb"$/,
    );
  });
});

describe("a time", () => {
  it.each([
    ["30m", 30 * 60_000],
    ["24h", 86_400_000],
    ["7d", 7 * 86_400_000],
  ])("%s is so long", (text, ms) => {
    expect(parseExpiry(text, 1000)).toBe(1000 + ms);
  });

  it("can be never, and nothing that is none", () => {
    expect(parseExpiry("never", 0)).toBeUndefined();
    for (const text of ["", "0h", "1w", "24", "-1h", "9999d", "1.5h"]) {
      expect(() => parseExpiry(text, 0)).toThrow(/30m, 24h or 7d/);
    }
    expect(describeExpiry(Date.UTC(2030, 0, 2, 15, 4))).toBe("ends 2030-01-02 15:04 UTC");
  });
});
