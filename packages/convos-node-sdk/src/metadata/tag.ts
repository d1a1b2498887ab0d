import { randomInt } from "node:crypto";

/** What tags are made of (section 1.7). */
export const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TAG_CHARACTERS = 10;

/**
 * A fresh invite tag: 10 letters and digits (section 1.7). Writing a new one to the group revokes all its invites.
 *
 * @param randomBelow - Gives a number from 0 to below its argument, all alike; the system's generator unless given.
 */
export function createTag(randomBelow: (limit: number) => number = randomInt): string {
  return Array.from({ length: TAG_CHARACTERS }, () =>
    ALPHABET.charAt(randomBelow(ALPHABET.length)),
  ).join("");
}
