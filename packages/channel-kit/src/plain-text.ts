// The agent's Markdown as an app without Markdown can show it, in pieces that are few and of bounded size.
import { chunkTextForOutbound, stripMarkdown } from "openclaw/plugin-sdk/text-chunking";

/** A piece that reads well in an app, in UTF-16 units. */
export const TEXT_CHUNK_CHARACTERS = 4000;

/** Nobody likes a wall of bubbles: from here on they become longer instead of more. */
const MAX_BUBBLES = 5;

/** Bytes of UTF-8 that one UTF-16 unit can take. */
const MAX_BYTES_PER_UNIT = 3;

/** Cutting at line ends and spaces makes pieces shorter than the limit; so much longer they may still come out as five. */
const SLACKS = [1.1, 1.5, 2];

/**
 * OpenClaw's rules look ahead from each mark, so their time grows with the square of a text that is all opening marks:
 * five seconds for 80,000 characters, in which the gateway would do nothing else. Longer texts go block by block.
 */
const BLOCK_CHARACTERS = 16_000;
/** What has no blank line for so long is shown as it is. */
const MAX_BLOCK_CHARACTERS = 2 * BLOCK_CHARACTERS;

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Tables become "name: value" lines, links "text (address)", code stays as it is; no other marks are left. The rules
 * are OpenClaw's for channels without Markdown.
 */
export function toPlainText(markdown: string): string {
  if (markdown.length <= BLOCK_CHARACTERS) return stripMarkdown(markdown);
  return cutIntoBlocks(markdown)
    .map((block) => (block.length > MAX_BLOCK_CHARACTERS ? block : stripMarkdown(block)))
    .join("\n\n");
}

/** Cuts at blank lines outside of code, where nothing of Markdown goes on. */
function cutIntoBlocks(markdown: string): string[] {
  const blocks: string[] = [];
  let lines: string[] = [];
  let characters = 0;
  let fence: string | undefined;
  for (const line of markdown.split("\n")) {
    if (fence === undefined && characters >= BLOCK_CHARACTERS && line.trim() === "") {
      blocks.push(lines.join("\n"));
      [lines, characters] = [[], 0];
      continue;
    }
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined) fence = mark;
    else if (mark?.startsWith(fence) === true) fence = undefined;
    lines.push(line);
    characters += line.length + 1;
  }
  return [...blocks, lines.join("\n")];
}

/**
 * Cuts a text at line ends and spaces where it allows, never inside a character, and loses nothing but the white space
 * at the cuts.
 *
 * @param limits.wantedCharacters - Length of a piece in UTF-16 units, as configured. Pieces are longer when there would be
 * more than five.
 * @param limits.maxPieceBytes - UTF-8 that the network takes in one message; pieces are shorter where that asks for it.
 */
export function splitText(
  text: string,
  limits: { readonly wantedCharacters?: number; readonly maxPieceBytes: number },
): string[] {
  const { maxPieceBytes, wantedCharacters = TEXT_CHUNK_CHARACTERS } = limits;
  const isPlainAscii = Buffer.byteLength(text) === text.length;
  const most = Math.floor(maxPieceBytes / (isPlainAscii ? 1 : MAX_BYTES_PER_UNIT));
  const wanted = Math.min(Math.max(1, wantedCharacters), most);
  let pieces = chunkTextForOutbound(text, wanted);
  for (const slack of SLACKS) {
    if (pieces.length <= MAX_BUBBLES) break;
    const longer = Math.ceil((text.length / MAX_BUBBLES) * slack);
    pieces = chunkTextForOutbound(text, Math.min(Math.max(wanted, longer), most));
  }
  return pieces;
}
