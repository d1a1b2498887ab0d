import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { person } from "../../test-support/people.ts";
import { GossipError } from "../errors.ts";
import { formatInviteLink, parseInvite } from "./invite.ts";

const { userId } = person(1);

describe("invites", () => {
  it.each([
    ["a bare id", userId],
    ["a bare id in upper case", userId.toUpperCase()],
    ["an app link", `gossip://invite/${userId}`],
    ["an app link in upper case, as QR codes hold it", `GOSSIP://INVITE/${userId.toUpperCase()}`],
    ["a web link", `https://example.org/invite/${userId}`],
    ["a web link with a slash at the end", `https://example.org/invite/${userId}/`],
    ["a plain web link", `http://localhost:3000/invite/${userId}`],
    ["a path", `/invite/${userId}`],
    ["white space around it", `\n  gossip://invite/${userId}  `],
  ])("are read from %s", (_what, text) => {
    expect(parseInvite(text)).toEqual({ userId });
  });

  it("carry a name", () => {
    const link = formatInviteLink(userId, " Zoë & co? ");
    expect(link).toBe(`gossip://invite/${userId}?name=Zo%C3%AB%20%26%20co%3F`);
    expect(parseInvite(link)).toEqual({ userId, name: "Zoë & co?" });
    expect(parseInvite(`https://x.example/invite/${userId}?name=a+b`)).toEqual({
      userId,
      name: "a b",
    });
  });

  it("have no name when it is empty", () => {
    expect(formatInviteLink(userId, "  ")).toBe(`gossip://invite/${userId}`);
    expect(parseInvite(`/invite/${userId}?name=`)).toEqual({ userId });
  });

  it("give back any printable name up to its limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 250 }), (name) => {
        const parsed = parseInvite(formatInviteLink(userId, name));
        expect(parsed.userId).toBe(userId);
        expect(parsed.name ?? "").not.toMatch(/\p{Cc}|\p{Cf}/u);
        expect(parsed.name?.length ?? 0).toBeLessThanOrEqual(200);
      }),
    );
  });

  it("lose characters that would disguise a name", () => {
    const link = `gossip://invite/${userId}?name=${encodeURIComponent("ev\u202Eil\u0007")}`;
    expect(parseInvite(link).name).toBe("evil");
  });

  it.each([
    ["another word", `https://example.org/join/${userId}`],
    ["more segments", `https://example.org/a/invite/${userId}`],
    ["no id", "gossip://invite/"],
    ["another scheme", `ftp://example.org/invite/${userId}`],
    ["a script", `javascript://invite/${userId}`],
    ["a broken link", `https://[/invite/${userId}`],
    ["a wrong id", `gossip://invite/${userId.slice(0, -1)}q`],
    ["a very long text", `/invite/${"x".repeat(10_000)}`],
    ["nothing", ""],
  ])("are refused with %s", (_what, text) => {
    expect(() => parseInvite(text)).toThrow(GossipError);
  });

  it("of any text are read or refused with our error", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (url, text) => {
        expect(() => parseInvite(url)).toThrow(GossipError);
        expect(() => parseInvite(text)).toThrow(GossipError);
      }),
    );
  });
});
