import * as z from "zod";
import {
  DEFAULT_BULLETIN_LIMIT,
  MAX_BULLETIN_LIMIT,
  MAX_COUNTER,
  MAX_KEY_BUNDLE_BYTES,
  MAX_SEEKERS_PER_FETCH,
  MIN_ANNOUNCEMENT_BYTES,
  SEEKER_BYTES,
  USER_ID_BYTES,
} from "./limits.ts";
import { RequestError } from "./request-error.ts";

/** Request bodies and queries of the seven calls (docs/protocol/gossip.md §9), decoded to bytes and numbers. */
export interface WireParsers {
  auth(body: unknown): { value: Uint8Array };
  authRetrieve(body: unknown): { key: Uint8Array };
  bulletinPost(body: unknown): { data: Uint8Array };
  bulletinPage(query: unknown): { after: bigint; limit: number };
  messagesPost(body: unknown): { key: Uint8Array; value: Uint8Array };
  messagesFetch(body: unknown): { seekers: Uint8Array[] };
}

/** Each parser throws {@link RequestError} 400 `bad_request`, or 413 `too_large`. */
export function createWireParsers(limits: {
  maxAnnouncementBytes: number;
  maxValueBytes: number;
}): WireParsers {
  const auth = z.object({ value: base64(1, MAX_KEY_BUNDLE_BYTES) });
  const authRetrieve = z.object({ key: base64(USER_ID_BYTES, USER_ID_BYTES) });
  const bulletinPost = z.object({
    data: base64(MIN_ANNOUNCEMENT_BYTES, limits.maxAnnouncementBytes),
  });
  const messagesPost = z.object({ key: seeker, value: base64(1, limits.maxValueBytes) });
  return {
    auth: (body) => parse(auth, body),
    authRetrieve: (body) => parse(authRetrieve, body),
    bulletinPost: (body) => parse(bulletinPost, body),
    bulletinPage: (query) => parse(bulletinPage, query),
    messagesPost: (body) => parse(messagesPost, body),
    messagesFetch: (body) => parse(messagesFetch, body),
  };
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Standard Base64 with padding, canonical, of `minBytes` to `maxBytes` bytes. */
function base64(minBytes: number, maxBytes: number): z.ZodType<Uint8Array, string> {
  return z.string().transform((text, context): Uint8Array => {
    if (text.length > Math.ceil(maxBytes / 3) * 4) return fail(context, "too_large", maxBytes);
    const bytes = Buffer.from(text, "base64");
    // Node skips what is not Base64; only a text that encodes back to itself is taken.
    if (bytes.toString("base64") !== text) return fail(context, "not_base64");
    if (bytes.length > maxBytes) return fail(context, "too_large", maxBytes);
    if (bytes.length < minBytes) return fail(context, "too_short", minBytes);
    return bytes;
  });
}

type Complaint = "too_large" | "too_short" | "not_base64";

function fail(
  context: { addIssue: (issue: { code: "custom"; params: object; message: string }) => void },
  complaint: Complaint,
  bytes = 0,
): never {
  const message = {
    too_large: `expected at most ${bytes} bytes`,
    too_short: `expected at least ${bytes} bytes`,
    not_base64: "expected standard Base64 with padding",
  }[complaint];
  context.addIssue({ code: "custom", params: { complaint }, message });
  return z.NEVER;
}

// 0x20 = hash length, 0x01 = constant key suffix (§6.2).
const seeker = base64(SEEKER_BYTES, SEEKER_BYTES).refine(
  (bytes) => bytes[0] === 0x20 && bytes[SEEKER_BYTES - 1] === 0x01,
  { error: "expected a seeker: 0x20, 32 bytes, 0x01" },
);

const bulletinPage = z.object({
  // The official client sends its cursor as it got it; one beyond every counter simply finds nothing.
  after: z
    .string()
    .regex(/^[0-9]{1,20}$/u)
    .transform((text) => {
      const after = BigInt(text);
      return after > MAX_COUNTER ? MAX_COUNTER : after;
    })
    .default(0n),
  limit: z
    .string()
    .regex(/^[0-9]{1,9}$/u)
    .transform((text) => Math.min(Math.max(Number(text), 1), MAX_BULLETIN_LIMIT))
    .default(DEFAULT_BULLETIN_LIMIT),
});

const messagesFetch = z.object({
  seekers: z.array(base64(SEEKER_BYTES, SEEKER_BYTES)).max(MAX_SEEKERS_PER_FETCH),
});

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const isTooLarge =
    issue?.code === "too_big" ||
    (issue?.code === "custom" && issue.params?.["complaint"] === "too_large");
  // Zod's own messages name the rule and the kind found, never the input.
  const where = issue === undefined || issue.path.length === 0 ? "request" : issue.path.join(".");
  const message = `${where}: ${issue?.message ?? "malformed"}`;
  throw isTooLarge
    ? new RequestError(413, "too_large", message)
    : new RequestError(400, "bad_request", message);
}
