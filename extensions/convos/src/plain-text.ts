import * as kit from "channel-kit";

/** A bubble that fills half a phone. */
export const BUBBLE_CHARACTERS = 400;

/** XMTP takes 1 MiB in one message; this leaves room for what is around the text. */
const MAX_PIECE_BYTES = 500 * 1024;

/** Cuts a text into pieces that a phone likes, see {@link kit.splitText}. */
export function splitText(text: string, wantedCharacters: number = BUBBLE_CHARACTERS): string[] {
  return kit.splitText(text, { maxPieceBytes: MAX_PIECE_BYTES, wantedCharacters });
}
