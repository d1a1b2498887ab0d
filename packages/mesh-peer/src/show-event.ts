import type { ApiEvent } from "./api-client.ts";

/**
 * Controls, and marks that turn the direction of text or end a line: a stranger's text must not move the cursor of a
 * terminal, rename its window, or pass for another line.
 */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const SHOWN_ID_LENGTH = 8;

/** One line for a person: time, channel, who, and what. Whoever is not proven has a question mark. */
export function formatEvent(event: ApiEvent): string {
  const channel = event.kind === "direct" ? "direct" : toPrintable(event.channel);
  const who = toPrintable(event.from).slice(0, SHOWN_ID_LENGTH);
  const time = event.sentAt.slice(11, 19);
  return `${time} ${channel} ${who}${event.verified ? "" : "?"}: ${toPrintable(event.body)}`;
}

/** One line of JSON for a program. JSON escapes C0 by itself; the others are escaped here. */
export function formatEventJson(event: ApiEvent): string {
  return JSON.stringify(event).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toPrintable(text: string): string {
  return text.replaceAll("\n", "\u23ce").replace(UNPRINTABLE, "\ufffd");
}
