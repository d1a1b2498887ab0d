import type { BulletinFeed } from "../bulletin/bulletin-feed.ts";
import type { Clock } from "../clock.ts";
import type { MessageStatus } from "../conversation/conversation.ts";
import type { InboundEvent } from "../conversation/step.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { GossipErrorCode } from "../errors.ts";
import type { Identity } from "../identity/identity.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import type { SessionStatus } from "../session/peer-session.ts";
import type { RelayClient } from "../transport/relay-client.ts";
import type { PollingOptions } from "./polling-options.ts";

/** Where the client writes a line per change of state. Lines hold no peer, name, text or secret. */
export interface GossipLog {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
}

export interface GossipClientOptions {
  readonly identity: Identity;
  readonly relay: RelayClient;
  /** A file in a folder of its own; both are created readable by us alone. */
  readonly databasePath: string;
  /** Goes out with our contact requests. */
  readonly displayName?: string;
  /**
   * Who may talk to us; default nobody. `true` lets the sender talk, for a day; `"trusted"` is for those the operator
   * knows, see {@link GossipClient.setTrusted}. Asked for each new contact request, and again at every start for those
   * still waiting. A check that fails three times, or takes ten seconds, counts as no.
   */
  readonly shouldAccept?: (request: ContactRequest) => AcceptAnswer | Promise<AcceptAnswer>;
  /** Default: one per relay address, shared by all clients of this process. */
  readonly feed?: BulletinFeed;
  readonly crypto?: CryptoProvider;
  readonly clock?: Clock;
  readonly polling?: Partial<PollingOptions>;
  readonly log?: GossipLog;
}

export type AcceptAnswer = boolean | "trusted";

/** Somebody asks to talk. Name and message are the sender's own words: display them, trust neither. */
export interface ContactRequest {
  readonly peer: GossipUserId;
  readonly username?: string;
  readonly message?: string;
}

/** What can be sent. Cited ids are 12 bytes, of either side; `author` is the user id the forwarded text is from. */
export type OutgoingContent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reply"; readonly text: string; readonly citedId: Uint8Array }
  | {
      readonly type: "forward";
      readonly text: string;
      readonly forwardedText: string;
      readonly author: GossipUserId;
    }
  | { readonly type: "reaction"; readonly emoji: string; readonly citedId: Uint8Array }
  | { readonly type: "edit"; readonly citedId: Uint8Array; readonly text: string }
  /** Of one of our messages, or of a reaction of ours by the reaction's own id. */
  | { readonly type: "delete"; readonly citedId: Uint8Array }
  /** Both sides delete what is older; 0 switches it off. */
  | { readonly type: "retention"; readonly seconds: number };

export interface SentMessage {
  /** 12 bytes, by which replies, reactions, edits and deletes cite it. */
  readonly messageId: Uint8Array;
  readonly status: MessageStatus;
}

/** Something a peer did. It is offered again after every start until {@link GossipClient.markHandled}. */
export type GossipEvent = {
  /** Grows with every event of this account; none is used twice. */
  readonly id: number;
  readonly peer: GossipUserId;
  /** The sender's clock. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
} & InboundEvent;

export interface ContactSummary {
  readonly peer: GossipUserId;
  readonly accepted: boolean;
  readonly trusted: boolean;
  readonly session: SessionStatus;
  readonly username?: string;
  readonly message?: string;
  readonly createdAtMs: number;
  /** Messages of this time are deleted on both sides, as the two agreed; absent while none are. */
  readonly expired?: { readonly sinceMs: number; readonly beforeMs: number };
  /** 0 before the first message. */
  readonly lastInboundAtMs: number;
  /** Messages not yet acknowledged. */
  readonly unsettled: number;
}

/** What an operator wants to know. Nothing in it names a peer. */
export interface GossipClientStatus {
  /** The last exchange with the relay worked, and it has our keys. */
  readonly connected: boolean;
  /** When the relay last took our keys; until it has, nobody can ask us to talk. */
  readonly keysPublishedAtMs: number | undefined;
  readonly lastPollAtMs: number | undefined;
  readonly lastInboundAtMs: number | undefined;
  /** Messages that the relay does not have yet. */
  readonly queueDepth: number;
  /** Events that nobody has marked as handled. */
  readonly unhandled: number;
  /** Contact requests that nobody has accepted. */
  readonly pendingRequests: number;
  readonly sessions: Readonly<Partial<Record<SessionStatus, number>>>;
  /** The relay's clock minus ours. Above 30 s, peers may drop what we send: set the local clock. */
  readonly clockOffsetMs: number | undefined;
  readonly bytesToday: { readonly in: number; readonly out: number };
  /** How often another copy of this state was found at work, since the state was made. */
  readonly forksNoticed: number;
  /** When that was last; undefined when it never was. */
  readonly forkNoticedAtMs: number | undefined;
  /** Why the last exchange failed; undefined while connected. */
  readonly lastErrorCode: GossipErrorCode | undefined;
}

/** What a restore scan would download. An estimate: the relay may have deleted some. */
export interface RestoreEstimate {
  readonly announcements: number;
  readonly bytes: number;
}

export interface RestoreReport {
  /** Announcements read. */
  readonly scanned: number;
  /** People who had ever announced themselves to this identity. */
  readonly found: number;
  readonly reconnected: number;
  /** Those the caller did not want. */
  readonly declined: number;
  /** Those we were in session with anyway. */
  readonly connectedBefore: number;
}
