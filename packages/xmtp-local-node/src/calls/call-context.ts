import type { NewMessage } from "../store/message-log.ts";
import type { NodeStore } from "../store/node-store.ts";

/** What the calls work with. */
export interface CallContext {
  readonly store: NodeStore;
  /** Stores messages, all or none, and then brings them to the subscribers. */
  readonly post: (kind: MessageKind, messages: readonly NewMessage[]) => void;
}

/** The two logs that can be subscribed to. */
export type MessageKind = "group" | "welcome";
