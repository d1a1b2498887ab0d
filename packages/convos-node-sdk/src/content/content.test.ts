import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { creator, stranger } from "../../test-support/sample-invites.ts";
import { utf8Bytes, utf8Text } from "../codec/bytes.ts";
import { ProtobufWriter } from "../codec/protobuf.ts";
import type { Profile } from "../profile/profile.ts";
import type { EncodedContentParts, ReceivedContent } from "./content-parts.ts";
import { isSameType } from "./content-parts.ts";
import {
  encodeExplodeSettings,
  EXPLODE_SETTINGS,
  parseExplodeSettings,
} from "./explode-settings.ts";
import {
  encodeInviteJoinError,
  INVITE_JOIN_ERROR,
  parseInviteJoinError,
} from "./invite-join-error.ts";
import {
  encodeInviteJoinHandled,
  INVITE_JOIN_HANDLED,
  parseInviteJoinHandled,
} from "./invite-join-handled.ts";
import { encodeJoinRequest, JOIN_REQUEST, parseJoinRequest } from "./join-request.ts";
import {
  encodeProfileSnapshot,
  parseProfileSnapshot,
  PROFILE_SNAPSHOT,
} from "./profile-snapshot.ts";
import { encodeProfileUpdate, parseProfileUpdate, PROFILE_UPDATE } from "./profile-update.ts";
import { encodeThinking, parseThinking, THINKING } from "./thinking.ts";
import {
  encodeTypingIndicator,
  parseTypingIndicator,
  TYPING_INDICATOR,
} from "./typing-indicator.ts";

const AT_MS = Date.UTC(2031, 0, 1);
const MESSAGE_ID = "b9".repeat(32);

function json(type: EncodedContentParts["type"], value: unknown): ReceivedContent {
  return { type, content: utf8Bytes(JSON.stringify(value)) };
}

describe("JSON contents", () => {
  it("are read as they were written", () => {
    const request = {
      inviteSlug: "abc",
      profile: { name: "Ada", imageUrl: "https://example.org/a", memberKind: "agent" },
      metadata: { via: "openclaw" },
    };
    expect(parseJoinRequest(encodeJoinRequest(request))).toEqual(request);
    const handled = { inviteTag: "tag", handledMessageId: MESSAGE_ID, timestampMs: AT_MS };
    expect(parseInviteJoinHandled(encodeInviteJoinHandled(handled))).toEqual(handled);
    const error = { errorType: "generic_failure", inviteTag: "tag", timestampMs: AT_MS } as const;
    expect(parseInviteJoinError(encodeInviteJoinError(error))).toEqual(error);
    const start = { state: "start", targetMessageId: MESSAGE_ID, content: "the map" } as const;
    const stop = { ...start, state: "stop", resultMessageId: MESSAGE_ID } as const;
    expect(parseThinking(encodeThinking(start))).toEqual(start);
    expect(parseThinking(encodeThinking(stop))).toEqual(stop);
    expect(parseTypingIndicator(encodeTypingIndicator({ isTyping: false })).isTyping).toBe(false);
    const settings = { expiresAtMs: AT_MS };
    expect(parseExplodeSettings(encodeExplodeSettings(settings))).toEqual(settings);
  });

  it("may say null where they say nothing", () => {
    const request = { inviteSlug: "abc", profile: { name: null, imageURL: null }, metadata: null };
    expect(parseJoinRequest(json(JOIN_REQUEST, request))).toEqual({
      inviteSlug: "abc",
      profile: {},
    });
  });

  it("of a join request are the slug alone, when there is nothing else to say", () => {
    const parts = encodeJoinRequest({ inviteSlug: "abc" });
    expect(utf8Text(parts.content)).toBe('{"inviteSlug":"abc"}');
    expect(parts).toMatchObject({ fallback: "abc", shouldPush: true });
  });

  it("wake phones only when people should look", () => {
    const handled = { inviteTag: "t", handledMessageId: "m", timestampMs: AT_MS };
    const error = { errorType: "generic_failure", inviteTag: "t", timestampMs: AT_MS } as const;
    const thinking = { state: "start", targetMessageId: "m", content: "it" } as const;
    expect(encodeInviteJoinError(error)).toMatchObject({
      shouldPush: true,
      fallback: expect.stringContaining("join"),
    });
    expect(encodeExplodeSettings({ expiresAtMs: AT_MS }).shouldPush).toBe(true);
    expect(encodeInviteJoinHandled(handled)).not.toHaveProperty("fallback");
    for (const quiet of [
      encodeInviteJoinHandled(handled),
      encodeTypingIndicator({ isTyping: true }),
      encodeThinking(thinking),
      encodeProfileUpdate({}),
      encodeProfileSnapshot([]),
    ]) {
      expect(quiet.shouldPush).toBe(false);
    }
  });

  it("write dates in whole seconds, and read both forms", () => {
    const { content } = encodeExplodeSettings({ expiresAtMs: AT_MS + 999 });
    expect(utf8Text(content)).toBe('{"expiresAt":"2031-01-01T00:00:00Z"}');
    for (const expiresAt of [
      "2031-01-01T00:00:00Z",
      "2031-01-01T00:00:00.000Z",
      "2031-01-01T01:00:00+01:00",
    ]) {
      const settings = parseExplodeSettings(json(EXPLODE_SETTINGS, { expiresAt }));
      expect(settings.expiresAtMs).toBe(AT_MS);
    }
  });

  it.each([Number.MAX_SAFE_INTEGER, -1, 2 ** 63])(
    "write date %d as one that readers know",
    (ms) => {
      const parts = encodeExplodeSettings({ expiresAtMs: ms });
      expect(parseExplodeSettings(parts).expiresAtMs).toBeGreaterThanOrEqual(0);
    },
  );

  it("of an error type of tomorrow mean that the conversation has gone", () => {
    const wire = { errorType: "moved", inviteTag: "tag", timestamp: "2031-01-01T00:00:00Z" };
    const { errorType } = parseInviteJoinError(json(INVITE_JOIN_ERROR, wire));
    expect(errorType).toBe("conversation_expired");
  });

  it("cut a long reason between two characters", () => {
    const error = { errorType: "generic_failure", inviteTag: "tag", timestampMs: AT_MS } as const;
    const parts = encodeInviteJoinError({ ...error, reason: `x${"🎈".repeat(300)}` });
    const { reason = "" } = parseInviteJoinError(parts);
    expect(reason.length).toBeLessThanOrEqual(500);
    expect(reason.isWellFormed()).toBe(true);
  });

  const parsers = [
    [
      JOIN_REQUEST,
      parseJoinRequest,
      [
        {},
        { inviteSlug: "" },
        { inviteSlug: 5 },
        [],
        null,
        { inviteSlug: "a", metadata: { n: 1 } },
      ],
    ],
    [
      INVITE_JOIN_ERROR,
      parseInviteJoinError,
      [{ errorType: "x" }, { errorType: "x", inviteTag: "t", timestamp: "now" }],
    ],
    [INVITE_JOIN_HANDLED, parseInviteJoinHandled, [{ inviteTag: "t" }, "text"]],
    [
      EXPLODE_SETTINGS,
      parseExplodeSettings,
      [
        {},
        { expiresAt: 2 ** 63 },
        { expiresAt: "+275760-09-13T00:00:00Z" },
        { expiresAt: "2031-13-45T00:00:00Z" },
        { expiresAt: "1900-01-01T00:00:00Z" },
        { expiresAt: "2031" },
      ],
    ],
    [TYPING_INDICATOR, parseTypingIndicator, [{}, { isTyping: "yes" }]],
    [
      THINKING,
      parseThinking,
      [
        {},
        { state: "pause", targetMessageId: "m", content: "c" },
        { state: "start", targetMessageId: "m" },
        { state: "stop", targetMessageId: "", content: "c" },
      ],
    ],
  ] as const;

  it.each(parsers)("of type $typeId are refused in any other form", (type, parse, others) => {
    for (const other of others) expect(refusalOf(() => parse(json(type, other)))).toBe("malformed");
    expect(refusalOf(() => parse({ type, content: utf8Bytes("no JSON") }))).toBe("malformed");
    expect(refusalOf(() => parse({ type, content: Uint8Array.of(0xff) }))).toBe("malformed");
    expect(refusalOf(() => parse({ type, content: new Uint8Array(70_000) }))).toBe("too_large");
    const content = utf8Bytes("{}");
    const otherMajor = { ...type, versionMajor: 2 };
    expect(refusalOf(() => parse({ type: otherMajor, content }))).toBe("malformed");
  });

  it("of a later minor version are read", () => {
    const type = { ...TYPING_INDICATOR, versionMinor: 7 };
    expect(isSameType(type, TYPING_INDICATOR)).toBe(true);
    expect(parseTypingIndicator(json(type, { isTyping: true, since: 1 })).isTyping).toBe(true);
  });
});

describe("profile contents", () => {
  const image = {
    url: "https://example.org/a.enc",
    salt: new Uint8Array(32),
    nonce: new Uint8Array(12),
  };

  it("are read as they were written", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    const value = fc.oneof(text, fc.boolean(), fc.double({ noNaN: true }));
    const profiles: fc.Arbitrary<Profile> = fc.record(
      {
        name: text,
        image: fc.constant(image),
        memberKind: fc.constant("agent"),
        metadata: fc
          .array(fc.tuple(text, value), { minLength: 1, maxLength: 9 })
          .map((entries) => new Map(entries)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(profiles, (profile) => {
        expect(parseProfileUpdate(encodeProfileUpdate(profile))).toEqual(profile);
        const members = [creator, stranger].map(({ inboxId }) =>
          Object.assign({ inboxId }, profile),
        );
        expect(parseProfileSnapshot(encodeProfileSnapshot(members))).toEqual(members);
      }),
    );
  });

  it("leave out an image that could not be opened, and a kind that we do not know", () => {
    const badImage = new ProtobufWriter().text(1, image.url).bytes(2, new Uint8Array(5)).finish();
    const content = new ProtobufWriter().text(1, "Ada").bytes(2, badImage).varint(3, 9).finish();
    expect(parseProfileUpdate({ type: PROFILE_UPDATE, content })).toEqual({ name: "Ada" });
  });

  it("hold what is named like a part of every object as plain entries", () => {
    const metadata = new Map([
      ["__proto__", "polluted"],
      ["constructor", "x"],
    ]);
    const read = parseProfileUpdate(encodeProfileUpdate({ metadata }));
    expect(read.metadata).toEqual(metadata);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  it("of a snapshot leave out entries that name no inbox", () => {
    const entry = new ProtobufWriter().bytes(1, new Uint8Array(5)).text(2, "Ada").finish();
    const content = new ProtobufWriter().bytes(1, entry).finish();
    expect(parseProfileSnapshot({ type: PROFILE_SNAPSHOT, content })).toEqual([]);
    expect(refusalOf(() => encodeProfileSnapshot([{ inboxId: "12" }]))).toBe("invalid_input");
  });

  it("are refused when they are broken, too long, or have too many entries", () => {
    const metadata = new Map(Array.from({ length: 65 }, (_, index) => [`key ${index}`, index]));
    const crowded = encodeProfileUpdate({ metadata });
    expect(refusalOf(() => parseProfileUpdate(crowded))).toBe("malformed");
    const broken = { type: PROFILE_UPDATE, content: Uint8Array.of(0x0a, 9) };
    expect(refusalOf(() => parseProfileUpdate(broken))).toBe("malformed");
    const long = { type: PROFILE_UPDATE, content: new Uint8Array(70_000) };
    expect(refusalOf(() => parseProfileUpdate(long))).toBe("too_large");
    const longer = { type: PROFILE_SNAPSHOT, content: new Uint8Array(2 ** 21) };
    expect(refusalOf(() => parseProfileSnapshot(longer))).toBe("too_large");
  });
});
