import * as kit from "channel-kit";

/** The relay takes 512 KiB of contents in one message; this leaves room for what is around the text. */
const MAX_PIECE_BYTES = 500 * 1024;

/** Cuts a text into pieces that the relay takes, see {@link kit.splitText}. */
export function splitText(text: string, wantedCharacters?: number): string[] {
  return kit.splitText(text, {
    maxPieceBytes: MAX_PIECE_BYTES,
    ...(wantedCharacters === undefined ? {} : { wantedCharacters }),
  });
}
