import { concatBytes } from "../codec/bytes.ts";
import { GossipError } from "../errors.ts";
import { MESSAGE_ID_BYTES } from "../message/content.ts";
import type { SeenNote } from "./step.ts";

const KIND = { message: 0, reaction: 1, done: 2 } as const;

/** One byte for the kind; a reaction also names the message it belongs to. */
export function encodeSeenNote(note: SeenNote): Uint8Array {
  const kind = Uint8Array.of(KIND[note.kind]);
  return note.kind === "reaction" ? concatBytes(kind, note.citedId) : kind;
}

/** @throws GossipError `state_unreadable`. */
export function decodeSeenNote(bytes: Uint8Array): SeenNote {
  if (bytes.length === 1 && bytes[0] === KIND.message) return { kind: "message" };
  if (bytes.length === 1 && bytes[0] === KIND.done) return { kind: "done" };
  if (bytes.length === 1 + MESSAGE_ID_BYTES && bytes[0] === KIND.reaction) {
    return { kind: "reaction", citedId: bytes.slice(1) };
  }
  throw new GossipError("state_unreadable", "store: unknown note on a message id");
}
