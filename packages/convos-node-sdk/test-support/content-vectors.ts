import type { Checks } from "sdk-kit/vectors";
import { toHex, utf8Bytes, utf8Text } from "../src/codec/bytes.ts";
import type { ContentTypeId, EncodedContentParts } from "../src/content/content-parts.ts";
import { encodeExplodeSettings, parseExplodeSettings } from "../src/content/explode-settings.ts";
import { encodeInviteJoinError, parseInviteJoinError } from "../src/content/invite-join-error.ts";
import {
  encodeInviteJoinHandled,
  parseInviteJoinHandled,
} from "../src/content/invite-join-handled.ts";
import { encodeJoinRequest, parseJoinRequest } from "../src/content/join-request.ts";
import { encodeProfileSnapshot, parseProfileSnapshot } from "../src/content/profile-snapshot.ts";
import { encodeProfileUpdate, parseProfileUpdate } from "../src/content/profile-update.ts";
import { encodeThinking, parseThinking } from "../src/content/thinking.ts";
import { encodeTypingIndicator, parseTypingIndicator } from "../src/content/typing-indicator.ts";
import type { MemberProfile, Profile } from "../src/profile/profile.ts";
import type { ConvosVectors, JsonTypeVector, ProfileView } from "./convos-vector-file.ts";
import { imageRefOf, imageRefView } from "./metadata-vectors.ts";

type Received = Pick<EncodedContentParts, "type" | "content">;

/** Reads content and writes it again, by `authority/type:major.minor`. */
const REWRITERS: Readonly<
  Record<string, ((received: Received) => EncodedContentParts) | undefined>
> = {
  "convos.org/join_request:1.0": (received) => encodeJoinRequest(parseJoinRequest(received)),
  "convos.org/explode_settings:1.0": (received) =>
    encodeExplodeSettings(parseExplodeSettings(received)),
  "convos.org/typing_indicator:1.0": (received) =>
    encodeTypingIndicator(parseTypingIndicator(received)),
  "convos.org/thinking:1.0": (received) => encodeThinking(parseThinking(received)),
  "convos.org/invite_join_error:1.0": (received) =>
    encodeInviteJoinError(parseInviteJoinError(received)),
  "convos.org/invite_join_handled:1.0": (received) =>
    encodeInviteJoinHandled(parseInviteJoinHandled(received)),
};

/** Reads a JSON type and writes it letter by letter, but for fractions of seconds, which we do not write. */
export function replayJsonType(what: string, vector: JsonTypeVector, checks: Checks): void {
  const rewrite = REWRITERS[vector.contentType];
  if (rewrite === undefined) {
    checks.notes.push(`${what}: ${vector.contentType} is not a type of ours, nothing compared`);
    return;
  }
  const parts = rewrite({
    type: parseTypeName(vector.contentType),
    content: utf8Bytes(vector.json),
  });
  const expected = vector.json.replaceAll(/(T\d\d:\d\d:\d\d)\.\d+Z/gu, "$1Z");
  checks.equal(`${what} writes`, utf8Text(parts.content), expected);
  checks.equal(`${what} type`, formatTypeName(parts.type), vector.contentType);
  checks.equal(`${what} push`, parts.shouldPush, vector.shouldPush);
  if (vector.fallback === undefined) return;
  checks.equal(`${what} fallback`, parts.fallback, vector.fallback);
}

export function replayProfileUpdate(
  what: string,
  vector: NonNullable<ConvosVectors["profileUpdates"]>[number],
  checks: Checks,
): void {
  const parts = encodeProfileUpdate(profileOf(vector.input));
  checks.equal(`${what} writes`, toHex(parts.content), vector.contentHex);
  checks.equal(`${what} type`, formatTypeName(parts.type), vector.contentType);
  const read = parseProfileUpdate({ type: parts.type, content: fromHex(vector.contentHex) });
  checks.equal(`${what} reads`, profileView(read), vector.decoded);
}

export function replayProfileSnapshot(
  what: string,
  vector: NonNullable<ConvosVectors["profileSnapshots"]>[number],
  checks: Checks,
): void {
  const { profiles } = vector.decoded;
  const members = profiles.map((view) => ({ inboxId: view.inboxId, ...profileOf(view) }));
  const parts = encodeProfileSnapshot(members);
  checks.equal(`${what} writes`, toHex(parts.content), vector.contentHex);
  checks.equal(`${what} type`, formatTypeName(parts.type), vector.contentType);
  const read = parseProfileSnapshot({ type: parts.type, content: fromHex(vector.contentHex) });
  const views = read.map(memberView);
  checks.equal(`${what} reads`, views, profiles);
}

function profileOf(view: ProfileView): Profile {
  const { name, encryptedImage, memberKind, metadata } = view;
  const entries = Object.entries(metadata ?? {}).map(([key, { value }]) => [key, value] as const);
  return {
    ...(name !== undefined && { name }),
    ...(encryptedImage && { image: imageRefOf(encryptedImage) }),
    ...(memberKind === 1 && { memberKind: "agent" }),
    ...(entries.length > 0 && { metadata: new Map(entries) }),
  };
}

function profileView({ name, image, memberKind, metadata }: Profile): ProfileView {
  const entries = [...(metadata ?? [])].map(([key, value]) => [
    key,
    { type: typeof value === "boolean" ? "bool" : typeof value, value },
  ]);
  return {
    ...(name && { name }),
    ...(image && { encryptedImage: imageRefView(image) }),
    ...(memberKind && { memberKind: 1 }),
    ...(entries.length > 0 && { metadata: Object.fromEntries(entries) }),
  };
}

function memberView({
  inboxId,
  ...profile
}: MemberProfile): ProfileView & { readonly inboxId: string } {
  return { inboxId, ...profileView(profile) };
}

function parseTypeName(name: string): ContentTypeId {
  const parts = /^(?<authority>[^/]+)\/(?<type>[^:]+):(?<major>\d+)\.(?<minor>\d+)$/u.exec(
    name,
  )?.groups;
  return {
    authorityId: parts?.["authority"] ?? "",
    typeId: parts?.["type"] ?? "",
    versionMajor: Number(parts?.["major"]),
    versionMinor: Number(parts?.["minor"]),
  };
}

function formatTypeName({
  authorityId,
  typeId,
  versionMajor,
  versionMinor,
}: ContentTypeId): string {
  return `${authorityId}/${typeId}:${versionMajor}.${versionMinor}`;
}

function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
