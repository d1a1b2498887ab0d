import type { Clock } from "../clock.ts";
import type { InviteJoinErrorType } from "../content/invite-join-error.ts";
import type { ConvosErrorCode } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import type { ConvosRoot } from "../identity/root.ts";
import type { ConvosNetwork } from "../invite/invite-text.ts";
import type { Role, XmtpNetwork } from "../xmtp/port.ts";
import type { EventContent } from "./event-codec.ts";
import type { ConvosTiming } from "./timing.ts";

/** Where the client writes a line per change of state. Lines hold no member, name, text or secret. */
export interface ConvosLog {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
}

export interface ConvosClientOptions {
  /** The account's folder; made with mode 0700. One client at a time. */
  readonly folder: string;
  /** Every conversation has a key of its own from it; no key serves twice. */
  readonly root: ConvosRoot;
  /** A key that was there before: serves the one conversation that asks for it, see {@link NewConversation}. */
  readonly ownerKey?: ConvosKey;
  readonly env: ConvosNetwork;
  /** Address of a node; the network's own unless given. */
  readonly apiUrl?: string;
  /** The network to use instead of the one that `env` and `apiUrl` name, for tests that stand between. */
  readonly network?: XmtpNetwork;
  /** How we show ourselves; that we are an agent is always said. */
  readonly profile?: { readonly name?: string };
  /** Asked after every other check of a join request has passed. A check that fails counts as no. Default: everybody. */
  readonly admit?: (request: JoinRequestFacts) => AdmitAnswer | Promise<AdmitAnswer>;
  readonly clock?: Clock;
  /** A number from 0 (inclusive) to 1 (exclusive), for jitter. */
  readonly random?: () => number;
  readonly log?: ConvosLog;
  readonly timing?: Partial<ConvosTiming>;
}

export type AdmitAnswer = "admit" | "refuse";

/** Somebody holds a valid invite of ours and asks to be let in. The profile is the asker's own word. */
export interface JoinRequestFacts {
  readonly conversationId: string;
  readonly inboxId: string;
  readonly profile?: { readonly name?: string; readonly memberKind?: string };
  readonly singleUse: boolean;
}

export interface NewConversation {
  /** At most 100 characters; the app shows 50. */
  readonly name?: string;
  readonly description?: string;
  readonly emoji?: string;
  /** Who may rename, add and remove: everybody (default) or admins only. */
  readonly permissions?: "everybody" | "admins";
  /** Uses the client's `ownerKey` instead of a new key. */
  readonly useOwnerKey?: boolean;
  /** Allows that the `ownerKey` is in use elsewhere: otherwise `key_in_use`. Ask whoever owns it. */
  readonly mayAddInstallation?: boolean;
}

export interface JoinOptions {
  readonly profile?: { readonly name?: string };
  /** Uses the client's `ownerKey` instead of a new key. */
  readonly useOwnerKey?: boolean;
  /** Allows that the `ownerKey` is in use elsewhere: otherwise `key_in_use`. Ask whoever owns it. */
  readonly mayAddInstallation?: boolean;
}

export interface InviteOptions {
  readonly expiresAtMs?: number;
  /** Admits one person only; we are the ones who see to it. */
  readonly singleUse?: boolean;
  /** Writes the conversation's name, description and emoji into the link, readable for everybody who sees it. */
  readonly preview?: boolean;
}

export interface ConversationSummary {
  /** 32 hexadecimal characters. */
  readonly id: string;
  /** `dm`: somebody wrote to our inbox in a group, to nobody but us. */
  readonly kind: "group" | "dm";
  /** The other one in a `dm`. */
  readonly peerInboxId?: string;
  readonly name?: string;
  readonly description?: string;
  readonly emoji?: string;
  /** Ours in this conversation, and in no other. */
  readonly inboxId: string;
  readonly tag?: string;
  readonly state: "active" | "left" | "removed" | "exploded";
  readonly memberCount: number;
  /** The other member of a `group` that has two. */
  readonly onlyOtherInboxId?: string;
  readonly isCreator: boolean;
  readonly createdAtMs: number;
  readonly lastInboundAtMs?: number;
  /** When it will end, if somebody who may has said so. */
  readonly explodesAtMs?: number;
}

export interface PendingJoin {
  readonly joinId: string;
  readonly state: "pending" | "joined" | "refused" | "cancelled";
  readonly creatorInboxId: string;
  readonly name?: string;
  readonly requestedAtMs: number;
  /** Why it was refused. */
  readonly errorType?: InviteJoinErrorType;
  readonly refusedAtMs?: number;
}

/**
 * A group that somebody put one of our inboxes into after a restore. Whoever knows the inbox can do so, and what the group
 * says of itself can be made up: somebody who remembers has to say whether it is the conversation that was lost.
 */
export interface RestoreOffer {
  /** 32 hexadecimal characters. */
  readonly conversationId: string;
  /** Ours. */
  readonly inboxId: string;
  readonly creatorInboxId: string;
  /** The member by whose doing it came up. */
  readonly addedBy: string;
  /** The group's own word. */
  readonly name?: string;
  readonly memberCount: number;
}

export interface Member {
  readonly inboxId: string;
  /** Self-chosen: never a reason to trust anybody. */
  readonly name?: string;
  readonly kind: "human-or-unknown" | "agent";
  readonly role: Role;
  /** Ids of the member's installations, one per device; absent in a direct conversation, where they are not known. */
  readonly installationIds?: readonly string[];
}

/** What can be sent. Message ids are 64 hexadecimal characters. */
export type OutgoingContent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reply"; readonly text: string; readonly replyTo: string }
  | {
      readonly type: "reaction";
      readonly emoji: string;
      readonly messageId: string;
      readonly remove?: boolean;
    }
  | {
      readonly type: "attachment";
      readonly filename: string;
      readonly mimeType: string;
      readonly bytes: Uint8Array;
    }
  | ({ readonly type: "remote_attachment" } & RemoteFile);

/** An encrypted file somewhere on the web (the remote attachment of XMTP). Secrets are bytes. */
export interface RemoteFile {
  readonly url: string;
  /** SHA-256 of the encrypted bytes, in hexadecimal characters. */
  readonly contentDigest: string;
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly filename?: string;
  readonly contentLength?: number;
}

/** Something that happened in a conversation. It is offered again after every start until it was marked as handled. */
export type ConvosEvent = {
  /** Grows with every event of this account; none is used twice. */
  readonly id: number;
  /** Empty for a join that failed; of `restore_offered` the group that is not ours yet. */
  readonly conversationId: string;
  /** True in a direct conversation. */
  readonly direct?: boolean | undefined;
  /** Empty where nobody in particular did it. */
  readonly senderInboxId: string;
  /** Empty where it was no message. */
  readonly messageId: string;
  /** The network's clock. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
} & EventContent;

export type MessageStatus = "queued" | "sent" | "failed" | "withdrawn";

export interface RestoreReport {
  /** Keys that were looked up. */
  readonly scanned: number;
  /** Keys that are registered. Their conversations appear once another member sends something. */
  readonly found: number;
  /** Of those found, the ones that were not in the account's folder, or had lost XMTP's database. */
  readonly restored: number;
}

/** A conversation that cannot be opened here until somebody mends what is wrong; the network answers. */
export interface StuckConversation {
  /** Absent before there is a group. */
  readonly conversationId?: string;
  /** Its database is gone, and its key has installations; or it has as many as XMTP allows. */
  readonly errorCode: "key_in_use" | "too_many_installations";
}

/** What an operator wants to know. Nothing in it names anybody. */
export interface ConvosClientStatus {
  /** Every open conversation but the stuck ones has a live stream. */
  readonly connected: boolean;
  /** Conversations that are neither ended nor still being joined or made. */
  readonly conversations: number;
  /** Of these, the ones with a live stream. */
  readonly connectedConversations: number;
  /** Messages that are still to be sent. */
  readonly queueDepth: number;
  /** Events that nobody has marked as handled. */
  readonly unhandled: number;
  readonly pendingJoins: number;
  /** Found by a restore, and waiting for another member to send something. */
  readonly restoring: number;
  /** Groups of which somebody has to say whether they are ours. */
  readonly restoreOffers: number;
  /** Conversations of which our copy differs from the others': take us out and let us in again. */
  readonly outOfSync: number;
  /** The most installations that any of our inboxes has, as far as counted; XMTP allows ten. */
  readonly maxInstallations: number;
  readonly stuck: readonly StuckConversation[];
  readonly lastInboundAtMs: number | undefined;
  /** Why a conversation that is not stuck is not connected; undefined while all are. */
  readonly lastErrorCode: ConvosErrorCode | undefined;
}
