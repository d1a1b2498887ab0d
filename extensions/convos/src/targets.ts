// Ids as people write them: conversations as message targets, inbox ids in allowlists. Nothing of the protocol is loaded.
import { ConvosChannelError } from "./errors.ts";

const TARGET_PREFIX = "convos";
const DIRECT_PREFIX = "dm:";
const CONVERSATION_ID = /^[0-9a-f]{32}$/;
const INBOX_ID = /^[0-9a-f]{64}$/;
const SHORT_HEAD = 6;

/** The conversation id in a text: 32 hexadecimal characters, with white space and `convos:`, `dm:` or `group:` around them. */
export function tryParseConversationId(text: string): string | undefined {
  const id = stripPrefix(text);
  return CONVERSATION_ID.test(id) ? id : undefined;
}

/** @throws ConvosChannelError `invalid_target`. */
export function parseConversationId(text: string): string {
  const id = tryParseConversationId(text);
  if (id === undefined) {
    throw new ConvosChannelError(
      "invalid_target",
      "convos: not a conversation id; expected 32 hexadecimal characters. See: openclaw convos status",
    );
  }
  return id;
}

/** The inbox id in a text: 64 hexadecimal characters. In Convos it is one person in one conversation. */
export function tryParseInboxId(text: string): string | undefined {
  const id = stripPrefix(text);
  return INBOX_ID.test(id) ? id : undefined;
}

/** A conversation, and whether it is one of two people alone. */
export interface ConversationTarget {
  readonly id: string;
  readonly kind: "direct" | "group";
}

/** The conversation in a text, see {@link tryParseConversationId}; `dm:` in front makes it a direct one. */
export function tryParseTarget(text: string): ConversationTarget | undefined {
  const id = tryParseConversationId(text);
  if (id === undefined) return undefined;
  const isDirect = text
    .trim()
    .toLowerCase()
    .replace(/^convos:/, "")
    .startsWith(DIRECT_PREFIX);
  return { id, kind: isDirect ? "direct" : "group" };
}

/** The target that OpenClaw routes by: `convos:<conversation id>`, or `convos:dm:<conversation id>`. */
export function formatConversationTarget(
  conversationId: string,
  kind: ConversationTarget["kind"] = "group",
): string {
  return `${TARGET_PREFIX}:${kind === "direct" ? DIRECT_PREFIX : ""}${conversationId}`;
}

/** An owner as the host's list has one: `convos:<inbox id>`. */
export function formatOwner(inboxId: string): string {
  return `${TARGET_PREFIX}:${inboxId}`;
}

/** An id for lines that people read: `a1b2c3`, as the apps show it. Not unique; never compare it. */
export function shortenId(id: string): string {
  return id.slice(0, SHORT_HEAD);
}

/** One allowlist entry in its canonical form: an inbox id or `*`; undefined for anything else. */
export function tryParseAllowEntry(entry: string | number): string | undefined {
  const text = String(entry).trim();
  return text === "*" ? "*" : tryParseInboxId(text);
}

function stripPrefix(text: string): string {
  return text
    .trim()
    .replace(/^convos:/i, "")
    .replace(/^(?:dm|group):/i, "")
    .toLowerCase();
}
