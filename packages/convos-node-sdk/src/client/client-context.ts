import type { Clock } from "../clock.ts";
import type { ConvosKey } from "../identity/key.ts";
import type { ConvosNetwork } from "../invite/invite-text.ts";
import type { Gate } from "../pacing/gate.ts";
import type { ConvosStore } from "../store/convos-store.ts";
import type { XmtpNetwork } from "../xmtp/port.ts";
import type { ConversationBook } from "./conversation-book.ts";
import type { ConvosTiming } from "./timing.ts";
import type { ConvosClientOptions, ConvosLog } from "./types.ts";

/** What the parts of one client share. */
export interface ClientContext {
  readonly folder: string;
  readonly env: ConvosNetwork;
  readonly network: XmtpNetwork;
  readonly store: ConvosStore;
  readonly book: ConversationBook;
  readonly keyAt: (keyIndex: number) => ConvosKey;
  readonly databaseKeyAt: (keyIndex: number) => Uint8Array;
  readonly profileName: string | undefined;
  readonly admit: NonNullable<ConvosClientOptions["admit"]>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: ConvosLog;
  readonly timing: ConvosTiming;
  /** How many inboxes are opened at a time. */
  readonly openings: Gate;
  /** The status may have changed. */
  readonly notify: () => void;
}
