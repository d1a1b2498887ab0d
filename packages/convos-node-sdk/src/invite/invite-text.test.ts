import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { assertNetwork, formatInviteUrl, parseInviteText } from "./invite-text.ts";

const SLUG = `${"aB-_".repeat(75)}*wxYZ`;

describe("the text of an invite", () => {
  it.each([
    ["the link that the app copies", `https://popup.convos.org/v2?i=${SLUG}`, "production"],
    [
      "the same, percent-encoded",
      `https://popup.convos.org/v2?i=${SLUG.replace("*", "%2A")}`,
      "production",
    ],
    ["an app link of the web", `https://app.convos.org/v2?i=${SLUG}`, "production"],
    ["a link with more behind it", `https://popup.convos.org/v2?i=${SLUG}&utm=x#top`, "production"],
    ["a link of dev", `https://dev.convos.org/v2?i=${SLUG}`, "dev"],
    ["an app link of dev", `https://app-dev.convos.org/v2?i=${SLUG}`, "dev"],
    ["a local link", `https://local.convos.org/v2?i=${SLUG}`, "local"],
    ["a link without https", `popup.convos.org/v2?i=${SLUG}`, "production"],
    ["a host in upper case", `https://POPUP.CONVOS.ORG/v2?i=${SLUG}`, "production"],
    ["a path with i", `https://convos.org/i/${SLUG}`, undefined],
    ["a path with i and a slash", `https://convos.org/i/${SLUG}/`, undefined],
    ["a code", `https://convos.org/invite?code=${SLUG}`, undefined],
    ["a link of another host", `https://example.org/v2?i=${SLUG}`, undefined],
    ["a join link of the app", `convos://join/${SLUG}`, "production"],
    ["an invite link of the app", `convos://invite/${SLUG}`, "production"],
    ["an invite link with more path", `convos://invite/x/${SLUG}`, "production"],
    ["the dev app", `convos-dev://join/${SLUG}`, "dev"],
    ["the local app", `convos-local://join/${SLUG}`, "local"],
    ["an app of a pull request", `convos-pr://join/${SLUG}`, undefined],
    ["a bare slug", SLUG, undefined],
    ["white space around it", `\n  ${SLUG} \t`, undefined],
  ])("is read from %s", (_what, text, network) => {
    expect(parseInviteText(text)).toEqual({ slug: SLUG, network });
  });

  it.each([
    ["an agent template", "convos://template/0b5c9d0e-3a52-4f0e-8a6e-1f1f1f1f1f1f"],
    ["an agent template", "https://app.convos.org/template/0b5c9d0e"],
    ["an agent template", "https://agents.convos.org/a/helper"],
    ["an agent template", "https://agents-dev.convos.org/helper"],
    ["an agent template", "https://convos.org/a/helper.ab12c"],
    ["a grant of a device connection", `https://popup.convos.org/connections/grant?i=${SLUG}`],
    ["a grant of a device connection", "convos://connections/grant?service=calendar"],
    ["pairs two devices", "convos://pair/abc"],
    ["pairs two devices", "https://popup.convos.org/pair?i=abc"],
  ])("is explained when the link is %s: %s", (what, text) => {
    expect(refusalOf(() => parseInviteText(text))).toBe("wrong_link");
    expect(() => parseInviteText(text)).toThrow(what);
    expect(() => parseInviteText(text)).toThrow("Ask for an invite");
  });

  it.each([
    ["nothing", " "],
    ["a link without an invite", "https://popup.convos.org/"],
    ["an empty invite", "https://popup.convos.org/v2?i="],
    ["a foreign page", "https://example.com/"],
    ["a join link without a slug", "convos://join/"],
    ["another scheme", `javascript:alert("${SLUG}")`],
    ["a damaged link", "https://popup.convos.org/i/%E0%A4%A"],
    ["too much text", "a".repeat(70_000)],
  ])("is refused with %s", (_what, text) => {
    expect(refusalOf(() => parseInviteText(text))).toBe("invalid_invite");
  });

  it("of any kind is read or refused with our error, which never quotes it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (text) => {
        expect(refusalOf(() => parseInviteText(text))).toBeOneOf([
          undefined,
          "invalid_invite",
          "wrong_link",
        ]);
      }),
      { numRuns: 40 },
    );
  });

  it.each(["production", "dev", "local"] as const)(
    "is written for %s and read again",
    (network) => {
      expect(parseInviteText(formatInviteUrl(SLUG, network))).toEqual({ slug: SLUG, network });
    },
  );
});

describe("the network of a link", () => {
  it.each([
    ["production", "production"],
    ["dev", "dev"],
    ["local", "local"],
    // The CLI has no host for the local network and takes the one of dev.
    ["dev", "local"],
    [undefined, "production"],
    [undefined, "dev"],
  ] as const)("%s is reached from %s", (link, own) => {
    expect(refusalOf(() => assertNetwork(link, own))).toBeUndefined();
  });

  it.each([
    ["dev", "production"],
    ["local", "production"],
    ["production", "dev"],
    ["local", "dev"],
    ["production", "local"],
  ] as const)("%s is not reached from %s, and both are named", (link, own) => {
    expect(refusalOf(() => assertNetwork(link, own))).toBe("foreign_network");
    expect(() => assertNetwork(link, own)).toThrow(new RegExp(`${link}.*${own}`, "u"));
  });
});
