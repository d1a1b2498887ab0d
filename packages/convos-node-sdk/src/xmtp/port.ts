import type { ContentTypeId, EncodedContentParts } from "../content/content-parts.ts";
import type { ConvosKey } from "../identity/key.ts";

/*
 * What Convos needs of XMTP, in our own words. Everything here may reject with ConvosError `network_unreachable`,
 * `xmtp_failed` or `closed`; other codes are named where they occur. Nothing waits for ever, or longer than until the close.
 */

/** One network, as one account sees it. */
export interface XmtpNetwork {
  /**
   * Opens the inbox of a key. The first time it registers the key and a new installation, which needs the network;
   * afterwards it works without.
   *
   * @throws ConvosError `too_many_installations` | `key_in_use` (the inbox has installations, this database is none of
   *   them, and one more was not allowed).
   */
  openInbox(options: OpenInboxOptions): Promise<XmtpInbox>;
  /** The identities of an inbox, as lower-case `0x` addresses; empty for an inbox that nobody registered. */
  fetchAddresses(inboxId: string): Promise<readonly string[]>;
  /** Installations that an inbox has now; 0 for an inbox that nobody registered. */
  countInstallations(inboxId: string): Promise<number>;
  /** Whether somebody registered the inbox of this address. */
  isRegistered(address: string): Promise<boolean>;
}

export interface OpenInboxOptions {
  readonly key: ConvosKey;
  /** A file in a folder that exists. */
  readonly databasePath: string;
  /** 32 bytes. */
  readonly databaseKey: Uint8Array;
  /** Makes one more installation if the inbox has some and none of them is here. */
  readonly mayAddInstallation: boolean;
  /** Gives the opening up. It is not undone: the same key can be opened again. */
  readonly signal?: AbortSignal;
  /** Called when a call was given up because nothing answered it: the inbox is of no use until it is opened anew. */
  readonly onStuck?: () => void;
}

export type Consent = "unknown" | "allowed" | "denied";

export interface XmtpInbox {
  readonly inboxId: string;
  readonly installationId: string;
  /** Fetches new conversations, and the messages of those that are not denied. */
  sync(): Promise<void>;
  /**
   * Tells of every message that arrives from now on, after it was stored. A hint that something is there, not the thing:
   * what arrives while no stream is open is told by nobody.
   */
  watch(listener: InboxListener): Promise<InboxWatch>;
  createGroup(options: NewGroup): Promise<XmtpGroup>;
  group(id: string): XmtpGroup | undefined;
  /** A message as stored, of any conversation; undefined for one that is not there. */
  message(id: string): XmtpMessage | undefined;
  /** Groups that are not denied. */
  groups(): XmtpGroup[];
  /** A direct conversation, without its newest message; undefined for one that is not there. */
  direct(id: string): XmtpDirect | undefined;
  /** Direct conversations that are not denied, one with each person. @param among - Only these, of all. */
  directs(among?: readonly string[]): Promise<XmtpDirect[]>;
  openDirect(peerInboxId: string): Promise<XmtpDirect>;
  /** Installations of this inbox that the network knows. */
  countInstallations(): Promise<number>;
  /** Ends the streams and the workers and closes the database, of which one file is left then. Safe to call again. */
  close(): Promise<void>;
}

export interface InboxListener {
  /** The id is empty, and there is no type, for a message that could not be stored or read. */
  readonly onMessage: (conversationId: string, type: ContentTypeId | undefined) => void;
  /** The stream has ended, other than by {@link InboxWatch.end}. */
  readonly onEnd: () => void;
}

export interface InboxWatch {
  end(): Promise<void>;
}

export interface NewGroup {
  readonly name: string;
  readonly description: string;
  readonly appData: string;
  readonly adminOnly: boolean;
}

/** A message as stored. */
export interface XmtpMessage {
  /** 64 hexadecimal characters. */
  readonly id: string;
  readonly senderInboxId: string;
  /** The network's clock, not the sender's; for messages of ours that nobody has taken yet, ours. */
  readonly sentAtNs: bigint;
  readonly type: ContentTypeId | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
  readonly fallback: string | undefined;
}

export interface MessageQuery {
  /** Later than this. */
  readonly afterNs?: bigint;
  /** Earlier than this. */
  readonly beforeNs?: bigint;
  /** Default oldest. */
  readonly first?: "oldest" | "newest";
  readonly limit: number;
  /** Leaves out what this inbox sent. */
  readonly withoutOwn?: boolean;
}

/** What the network has from us in a conversation, as far as a look went. */
export interface OwnTraffic {
  /** Where the next look begins. */
  readonly position: string;
  /** Messages of this installation. Anybody can put an old one there again: the same mark is the same message. */
  readonly messages: readonly { readonly mark: string; readonly sentAtNs: bigint }[];
  /** The look went to the end. */
  readonly isWhole: boolean;
}

export interface XmtpConversation {
  /** 32 hexadecimal characters. */
  readonly id: string;
  sync(): Promise<void>;
  consent(): Consent;
  setConsent(consent: Consent): void;
  /** From the local database. */
  messages(query: MessageQuery): Promise<XmtpMessage[]>;
  countMessages(query: Pick<MessageQuery, "afterNs" | "withoutOwn">): Promise<number>;
  /** Messages of ours that are stored here, whether or not they were sent; undefined while others write too fast for it. */
  countOwn(): Promise<number | undefined>;
  /** Those of them that the network has not acknowledged. It may have them all the same, and is sent them again. */
  countUnacknowledged(): Promise<number>;
  /**
   * Asks the network what it has from us after a position, `"0"` for the first look. Nothing is stored by it. An abort is a
   * network that cannot be reached.
   *
   * @throws ConvosError `network_unreachable` | `xmtp_failed` (this network does not tell).
   */
  ownTraffic(after: string, signal: AbortSignal): Promise<OwnTraffic>;
  /**
   * Stores a message locally without sending it.
   *
   * @param key - The same content with the same key is the same message, as long as it has at most one parameter.
   * @returns The message id, for {@link publish}. What is never published is never sent.
   */
  prepare(content: EncodedContentParts, key: string): string;
  /**
   * Sends a prepared message. Doing it again does nothing.
   *
   * @throws ConvosError `not_allowed` (no longer a member) | `unknown_message`.
   */
  publish(messageId: string): Promise<void>;
}

export interface XmtpDirect extends XmtpConversation {
  /** Undefined while there is none, and for one that was just opened. */
  readonly newestMessageId: string | undefined;
  readonly peerInboxId: string;
}

export type Role = "member" | "admin" | "super_admin";

interface GroupMember {
  readonly inboxId: string;
  readonly role: Role;
  /** One per device. */
  readonly installationIds: readonly string[];
}

export interface XmtpGroup extends XmtpConversation {
  readonly createdAtMs: number;
  /** Whether we are a member. */
  isActive(): boolean;
  /**
   * Whether our copy seems to have gone another way than the others': a member's or the network's doing, and nothing that we
   * could mend. Somebody has to take us out and let us in again.
   */
  isOutOfSync(): Promise<boolean>;
  /** Who made the group. */
  creator(): Promise<string>;
  /** Who let us in, this installation of ours. */
  addedBy(): string;
  name(): string;
  description(): string;
  appData(): string;
  /** These five are commits. @throws ConvosError `not_allowed`. */
  updateName(name: string): Promise<void>;
  updateDescription(description: string): Promise<void>;
  updateAppData(appData: string): Promise<void>;
  addMember(inboxId: string): Promise<void>;
  removeMembers(inboxIds: readonly string[]): Promise<void>;
  /** Who may add members: everybody, or nobody at all. */
  setAddingAllowed(allowed: boolean): Promise<void>;
  members(): Promise<GroupMember[]>;
  /** Asks the admins to take us out. */
  leave(): Promise<void>;
}
