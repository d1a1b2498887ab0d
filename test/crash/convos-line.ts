import type {
  ConvosEvent,
  ConvosTiming,
  OutgoingContent,
} from "../../packages/convos-node-sdk/src/index.ts";

/** Pauses of both sides: short, so that many kills meet many messages. */
export const CRASH_TIMING: Partial<ConvosTiming> = {
  joinPollMs: 250,
  retryMinMs: 50,
  retryMaxMs: 200,
};

/** What a message passes within the SDK, beside what every echo passes. */
export const CONVOS_POINTS = ["preparing", "prepared", "published"] as const;
export type ConvosPoint = (typeof CONVOS_POINTS)[number];

/** The echo alone is longer than this on the wire, in the conversation. */
export const LEAST_ECHO_BYTES = 2_000;
/** Every so many echoes is a file: its two parameters have no order, which is the hard case for idempotency. */
const FILE_EVERY = 10;

/** An echo. It is long: the node sees nothing but the size of a message, and by it tells the child's from the peer's. */
export function echoOf(text: string): OutgoingContent {
  const padded = text.padEnd(LEAST_ECHO_BYTES);
  if (Number(text) % FILE_EVERY !== 0) return { type: "text", text: padded };
  const bytes = Buffer.from(padded);
  return { type: "attachment", filename: `${text}.txt`, mimeType: "text/plain", bytes };
}

/** The text that was echoed; undefined for events of another kind. */
export function readEcho(event: ConvosEvent): string | undefined {
  if (event.type === "message") return event.text.trimEnd();
  return event.type === "attachment" ? Buffer.from(event.bytes).toString().trimEnd() : undefined;
}
