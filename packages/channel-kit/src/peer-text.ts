// What people of the other side word themselves, made harmless: sizes are bounded, and a name or reaction cannot be
// instructions to the agent.
import { createHash } from "node:crypto";

const MAX_EMOJI_BYTES = 32;
/** Far above what a person types; networks take megabytes, which a queue and a prompt do not. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_NAME_CHARACTERS = 64;
const PEER_TAG_CHARACTERS = 24;

/** At most 64 KiB of UTF-8, cut between characters; a last line says how much is missing. */
export function capText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_TEXT_BYTES) return text;
  let end = MAX_TEXT_BYTES;
  // Bytes 10xxxxxx continue a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString("utf8", 0, end)}\n[${bytes.length - end} more bytes were cut off]`;
}

/** Passes one emoji as people see it; anything else could be instructions to the agent, and gives no emoji. */
export function emojiOf(text: string): { emoji?: string } {
  const isOneEmoji =
    Buffer.byteLength(text) <= MAX_EMOJI_BYTES &&
    /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\uFE0F?)$/v.test(text);
  return isOneEmoji ? { emoji: text } : {};
}

/** A self-chosen name for the operator's eyes: one short line without control or direction characters. */
export function cleanName(name: string): string {
  const printable = name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "").trim();
  return Array.from(printable).slice(0, MAX_NAME_CHARACTERS).join("");
}

/** Stands for a peer in queue ids and lanes, which the host writes to its debug log. */
export function tagPeer(peer: string): string {
  return createHash("sha256").update(peer).digest("hex").slice(0, PEER_TAG_CHARACTERS);
}
