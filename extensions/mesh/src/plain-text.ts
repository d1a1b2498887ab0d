import * as kit from "channel-kit";

/** A body has at most 64 KiB (docs/protocol/mesh.md 2.3); this leaves room for what is around the text. */
const MAX_PIECE_BYTES = 60 * 1024;

/** Cuts a text into pieces that the mesh takes, see {@link kit.splitText}. */
export function splitText(text: string, wantedCharacters?: number): string[] {
  return kit.splitText(text, {
    maxPieceBytes: MAX_PIECE_BYTES,
    ...(wantedCharacters === undefined ? {} : { wantedCharacters }),
  });
}
