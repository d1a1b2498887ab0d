import { hkdfSync } from "node:crypto";
import type { ConvosKey } from "../identity/key.ts";
import { ALPHABET, createTag } from "./tag.ts";

/** Half of a tag is random, the other half says that we made it. */
const HALF_CHARACTERS = 5;
const LABEL = "convos-node-sdk: tag, version 1";

/**
 * A fresh tag for a conversation that a key makes. To others it is as any other; the key knows it again, so that a
 * restore from words can tell the groups that we made from those that somebody says we made.
 */
export function createOwnTag({ privateKey }: ConvosKey): string {
  const random = createTag().slice(0, HALF_CHARACTERS);
  return random + proofOf(random, privateKey);
}

/** Whether the key made this tag; one in 900 million made otherwise passes. */
export function isOwnTag(tag: string, { privateKey }: ConvosKey): boolean {
  const random = tag.slice(0, HALF_CHARACTERS);
  return tag === random + proofOf(random, privateKey);
}

function proofOf(random: string, privateKey: ConvosKey["privateKey"]): string {
  const info = `${LABEL}\n${random}`;
  const bytes = Buffer.from(hkdfSync("sha256", privateKey.reveal(), "", info, HALF_CHARACTERS * 6));
  // Six bytes for each character: none is noticeably likelier than another.
  return Array.from({ length: HALF_CHARACTERS }, (_, index) =>
    ALPHABET.charAt(bytes.readUIntBE(index * 6, 6) % ALPHABET.length),
  ).join("");
}
