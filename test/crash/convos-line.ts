import type { ConvosTiming } from "../../packages/convos-node-sdk/src/index.ts";

/** Pauses of both sides: short, so that many kills meet many messages. */
export const CRASH_TIMING: Partial<ConvosTiming> = {
  joinPollMs: 250,
  retryMinMs: 50,
  retryMaxMs: 200,
};

const PAD_CHARACTERS = 2_000;
/** The echo alone is longer than this on the wire, in the conversation. */
export const LEAST_ECHO_BYTES = PAD_CHARACTERS;

/** Makes an echo long: the node sees nothing but the size of a message, and by it tells the child's from the peer's. */
export function pad(text: string): string {
  return text.padEnd(PAD_CHARACTERS);
}

/** Takes the padding off. */
export function unpad(text: string): string {
  return text.trimEnd();
}
