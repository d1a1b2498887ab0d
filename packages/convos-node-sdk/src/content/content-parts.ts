import * as z from "zod";
import { utf8Bytes, utf8Text } from "../codec/bytes.ts";
import { ConvosError, malformed } from "../errors.ts";
import { MAX_JSON_CONTENT_BYTES } from "../limits.ts";

/** Names the type of a message's content. */
export interface ContentTypeId {
  readonly authorityId: string;
  readonly typeId: string;
  readonly versionMajor: number;
  readonly versionMinor: number;
}

/** The content of one message, as XMTP carries it. */
export interface EncodedContentParts {
  readonly type: ContentTypeId;
  readonly parameters: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
  /** Text for apps that do not know the type. */
  readonly fallback?: string;
  /** Whether phones are woken. */
  readonly shouldPush: boolean;
}

/** What of a received message a parser needs. */
export type ReceivedContent = Pick<EncodedContentParts, "type" | "content">;

const AUTHORITY = "convos.org";

/** Version 1.0 of a `convos.org` type. */
export function convosType(typeId: string): ContentTypeId {
  return { authorityId: AUTHORITY, typeId, versionMajor: 1, versionMinor: 0 };
}

/** Whether two ids mean the same type. Another minor version is the same type; another major one is not. */
export function isSameType(left: ContentTypeId, right: ContentTypeId): boolean {
  return (
    left.authorityId === right.authorityId &&
    left.typeId === right.typeId &&
    left.versionMajor === right.versionMajor
  );
}

/** Content of a JSON type. */
export function jsonContent(
  type: ContentTypeId,
  value: object,
  options: { readonly fallback?: string; readonly shouldPush: boolean },
): EncodedContentParts {
  return { type, parameters: {}, content: utf8Bytes(JSON.stringify(value)), ...options };
}

/**
 * The value in the content of a JSON type.
 *
 * @throws ConvosError `malformed` for another type, for what is not JSON and for what has another form; `too_large`.
 */
export function parseJsonContent<T>(
  parts: ReceivedContent,
  type: ContentTypeId,
  schema: z.ZodType<T>,
): T {
  assertContent(parts, type, MAX_JSON_CONTENT_BYTES);
  let json: unknown;
  try {
    json = JSON.parse(utf8Text(parts.content));
  } catch (cause) {
    throw malformed(`${type.typeId}: not JSON`, cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw malformed(`${type.typeId}: JSON of another form`);
  return parsed.data;
}

/** @throws ConvosError `malformed` for another type, `too_large`. */
export function assertContent(parts: ReceivedContent, type: ContentTypeId, maxBytes: number): void {
  if (!isSameType(parts.type, type)) throw malformed(`${type.typeId}: content of another type`);
  if (parts.content.length > maxBytes) {
    throw new ConvosError(
      "too_large",
      `${type.typeId}: ${parts.content.length} bytes, at most ${maxBytes} are read`,
    );
  }
}
