import type { Clock } from "../clock.ts";
import type { MeshErrorCode } from "../errors.ts";
import type { MeshKey } from "../identity/mesh-key.ts";

/** Where the peer writes a line per change of state. Lines hold no peer, name, text, address, or secret. */
export interface MeshLog {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
}

export interface MeshPeerOptions {
  readonly key: MeshKey;
  /** A folder of its own; made with mode 0700. One peer at a time. */
  readonly folder: string;
  /** Where others can dial in; default nowhere. Port 0 takes a free one. */
  readonly listen?: ListenOptions;
  /** Addresses to dial, `ws:` or `wss:`. */
  readonly peers?: readonly string[];
  /** Address of a list of peers; fetched at the start and every ten minutes. */
  readonly bootstrapUrl?: string;
  /** The list counts only when this peer has signed it (43 characters). */
  readonly bootstrapSigner?: string;
  /**
   * Dials and fetches addresses of this machine and of private networks too, for tests and networks of one's own. `loopback`:
   * of this machine alone, by a name that says so. `loopback-list`: the list at `bootstrapUrl` may be there, and what stands in
   * it may not. Default false.
   */
  readonly allowPrivateAddresses?: boolean | "loopback" | "loopback-list";
  /** Group channels to listen to from the start. Direct messages to us are always listened to. */
  readonly channels?: readonly string[];
  /** How we show ourselves. */
  readonly profile?: { readonly name?: string };
  /** Hands over messages that nobody can prove, marked as such; default false: they stay in quarantine. */
  readonly acceptUnverified?: boolean;
  /**
   * For who answers what it hears: makes no events of what was said in a group channel before this peer came to it, nor of what
   * a newer state of this peer has answered, by its messages that others have. For that, what catch-up brings is held back
   * until the channel is read, a minute at most. Default false.
   */
  readonly skipHistory?: boolean;
  /**
   * Ids of reference peers to whom direct messages may go as plain text, in a channel that every relay can read; default
   * none. One of them whose prekey is known gets sealed ones all the same.
   */
  readonly plainPeers?: readonly string[];
  readonly limits?: Partial<MeshLimits>;
  readonly timing?: Partial<MeshTiming>;
  readonly clock?: Clock;
  /** A number from 0 (inclusive) to 1 (exclusive), for jitter. */
  readonly random?: () => number;
  readonly log?: MeshLog;
}

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /**
   * Names and addresses under which others reach us, for the checks of `Host` and of proofs. Loopback names always count; where
   * none is told, the address on which a connection came in does too, and who dialed another name stays unproven.
   */
  readonly publicHosts?: readonly string[];
  /** Web pages that may connect, as `https://example.org`; default none. */
  readonly allowedOrigins?: readonly string[];
}

/** Quotas and rates; see default-options.ts for the defaults and their reasons. */
export interface MeshLimits {
  readonly maxLinks: number;
  readonly maxLinksPerAddress: number;
  /** Messages a second, and as many at once times ten. */
  readonly messagesPerSecondPerLink: number;
  readonly messagesPerSecondPerSender: number;
  readonly messagesPerSecondPerChannel: number;
  readonly storeBytes: number;
  readonly storeBytesPerChannel: number;
  readonly storeBytesPerSender: number;
  readonly retentionMs: number;
  readonly sendBufferBytes: number;
}

export interface MeshTiming {
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  readonly handshakeMs: number;
  readonly syncMs: number;
  /** How long a neighbor has to answer a question about its store. */
  readonly answerMs: number;
  readonly interestMs: number;
  readonly bootstrapMs: number;
  readonly pingMs: number;
  readonly pruneMs: number;
}

/** What can be sent. */
export interface OutgoingContent {
  readonly body: string;
  /** Any JSON value; `$oc` is ours. */
  readonly payload?: unknown;
  /** The message that this one answers. */
  readonly replyTo?: string;
}

export interface SentMessage {
  /** Undefined while a direct message waits on our disk for a key of its receiver. */
  readonly messageId: string | undefined;
  readonly channelId: string;
}

/** A message for us. It is offered again after every start until it was marked as handled. */
export interface MeshEvent {
  /** Grows with every event of this peer; none is used twice. */
  readonly id: number;
  readonly kind: "group" | "direct";
  /** For `direct` the channel is a pseudonym of the pair; answer to the sender. */
  readonly channelId: string;
  /** Proven by a signature unless `verified` is false. */
  readonly senderId: string;
  readonly verified: boolean;
  readonly messageId: string;
  readonly body: string;
  /** Parsed; undefined when there is none. Without our own reserved key. */
  readonly payload: unknown;
  readonly replyTo: string | undefined;
  /** Whether a direct message was sealed end to end; a plain one every relay could read. */
  readonly sealed: boolean;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/** What an operator wants to know. Nothing in it names anybody. */
export interface MeshPeerStatus {
  readonly listeningPort: number | undefined;
  readonly links: number;
  readonly provenLinks: number;
  readonly channels: number;
  readonly unhandled: number;
  /** Events since the opening that nobody marked as handled, and that gave way to newer ones or grew too old: they are lost. */
  readonly givenUp: number;
  readonly stored: number;
  readonly storedBytes: number;
  readonly quarantined: number;
  /** Sealed messages since the opening that will never open, for us or anybody. */
  readonly unopened: number;
  /**
   * Messages of ours since the opening that this state did not make: it is an older copy that was put back, or a copy of it is at
   * work elsewhere, which must stop.
   */
  readonly madeElsewhere: number;
  /** Messages that wait for a key of their receiver, or for a neighbor. */
  readonly queueDepth: number;
  readonly lastInboundAtMs: number | undefined;
  readonly lastErrorCode: MeshErrorCode | undefined;
}
