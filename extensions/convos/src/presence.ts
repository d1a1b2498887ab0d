// What people see while the agent works: that it types, and what it thinks about. Best effort, and never kept.
import type { TurnOptions } from "channel-durability";
import type { ConvosConnection } from "./client.ts";

/** Each sign is a message on the network: only so often. */
const KEEPALIVE_MS = 20_000;
/** A turn that takes longer is still worked on, but nobody looks at the sign any more. */
const LONGEST_MS = 10 * 60_000;

export interface PresenceOptions {
  readonly connection: Pick<ConvosConnection, "setThinking" | "setTyping">;
  readonly conversationId: string;
  /** The message that the agent works on. */
  readonly messageId: string;
  /** Three to five words, e.g. "your message". */
  readonly about: string;
  readonly onError: (error: unknown) => void;
}

/** For OpenClaw's own typing loop, which starts it when the agent begins, and stops it however the turn ends. */
export function createPresence(options: PresenceOptions): NonNullable<TurnOptions["typing"]> {
  const { about, connection, conversationId, messageId, onError } = options;
  let isThinking = false;
  return {
    start: async () => {
      if (!isThinking) {
        isThinking = true;
        await connection.setThinking(conversationId, { messageId, about, isThinking });
      }
      await connection.setTyping(conversationId, true);
    },
    stop: async () => {
      await connection.setTyping(conversationId, false);
      if (!isThinking) return;
      isThinking = false;
      await connection.setThinking(conversationId, { messageId, about, isThinking });
    },
    onStartError: onError,
    onStopError: onError,
    keepaliveIntervalMs: KEEPALIVE_MS,
    maxDurationMs: LONGEST_MS,
  };
}
