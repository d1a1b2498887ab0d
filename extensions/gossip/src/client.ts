// Opens the protocol client, which only this room and client-contacts.ts know. Ids and words come in as the channel has
// them and leave as it wants them.
import { hkdfSync } from "node:crypto";
import path from "node:path";
import type { ErasedSpan } from "channel-durability";
import type { ConnectionState, IdentityMaker } from "channel-kit";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  GossipError,
  identityFromMnemonic,
  normalizeMnemonic,
  parseUserId,
  type GossipEvent,
  type GossipLog,
  type Identity,
  type PollingOptions,
} from "gossip-sdk";
import { createContactReview, queueBody, trust, type ContactVerdict } from "./client-contacts.ts";
import { GossipChannelError } from "./errors.ts";
import type { GossipMessageBody } from "./message-body.ts";

const DURABLE_KEY_LABEL = "openclaw-gossip/durable-store/1";
const KEY_BYTES = 32;

/** Makes and derives identities for {@link openIdentity}. */
export const identityMaker: IdentityMaker<Identity> = {
  generateWords: () => generateMnemonic(),
  derive: async (words) => {
    try {
      return await identityFromMnemonic(normalizeMnemonic(words), defaultCrypto());
    } catch (error) {
      if (error instanceof GossipError && error.code === "invalid_mnemonic") {
        throw new GossipChannelError(
          "mnemonic_invalid",
          `gossip: the recovery phrase is not valid (${error.message}). Nothing was changed; ` +
            "check the words and their order, then: openclaw secrets reload",
        );
      }
      throw error;
    }
  },
};

/** Key for our own queue and outbox file: 32 bytes that follow from the identity and from nothing on disk. */
export function deriveDurableKey(identity: Identity): Uint8Array {
  const key = hkdfSync("sha256", identity.storageKey.reveal(), "", DURABLE_KEY_LABEL, KEY_BYTES);
  return new Uint8Array(key);
}

/** What a connection knows about itself. Nothing in it names a peer. */
export interface ConnectionStatus extends ConnectionState {
  readonly pendingRequests: number;
  readonly bytesToday: number;
  readonly clockOffsetMs: number | undefined;
  /** How often another copy of this identity's state was found at work. */
  readonly forksNoticed: number;
  /** When that was last. */
  readonly forkNoticedAtMs: number | undefined;
}

/** A protocol client at work, in the channel's terms. */
export interface GossipConnection extends AsyncDisposable {
  readonly userId: string;
  /** Publishes, polls and sends until the signal aborts. A relay out of reach is waited for, not reported here. */
  run(signal: AbortSignal): Promise<void>;
  /** Everything not yet handled, of earlier runs too, then what comes in. */
  events(signal: AbortSignal): AsyncIterable<GossipEvent>;
  /** Call it when the event is durable elsewhere: it is not offered again. */
  markHandled(eventId: number): void;
  /**
   * Resolves when the message is on disk. The same id again is the same message. A text asks for contact when there is
   * none, except for a pairing code.
   */
  queueBody(message: GossipMessageBody, messageId: Uint8Array): Promise<void>;
  /** Whether a message or reaction of ours with this id went to this person, during the last month. */
  isOurs(to: string, messageId: string): boolean;
  /** What each conversation keeps of itself: the people in it may have set a time after which messages are deleted. */
  retentions(): readonly { readonly userId: string; readonly span: ErasedSpan }[];
  /** Asks again about everybody who is not trusted yet: a rule or an approval may have come since. */
  reviewRequests(): Promise<void>;
  /** Keeps the conversation with somebody the operator let in; strangers are forgotten after a day. */
  trust(userId: string): void;
  /**
   * Ends the conversation with somebody, with all that waits in it either way. Who is let in again has to ask again.
   *
   * @returns Whether there was one.
   */
  forget(userId: string): Promise<boolean>;
  /** Takes back a message of ours that waits for its session; one that was encrypted goes out. */
  takeBack(to: string, messageId: Uint8Array): "taken-back" | "unknown" | "on-its-way";
  /** Resolves when everything is stored here that this person has written by now, which takes a relay in reach. */
  catchUp(userId: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the relay has the message.
   *
   * @throws GossipChannelError `refused_by_relay`: it will never have it.
   */
  whenStored(to: string, messageId: Uint8Array, signal: AbortSignal): Promise<void>;
  status(): ConnectionStatus;
  /** The relay answers and has the account's keys; before, nobody can write to it. */
  isReachable(): boolean;
  onStatusChange(listener: () => void): () => void;
}

export interface ConnectionOptions {
  readonly identity: Identity;
  readonly protocolUrl: string;
  /** Folder of the account; the client keeps one database in it. */
  readonly folder: string;
  readonly displayName: string;
  readonly log: GossipLog;
  readonly polling?: Partial<PollingOptions>;
  /** Asked about each contact request, and again at start about those that wait. */
  readonly judgeContact: (userId: string) => Promise<ContactVerdict>;
}

export const DATABASE_FILE = "gossip.db";

/**
 * Opens the account's protocol state. No network yet: that is {@link GossipConnection.run}.
 *
 * @throws GossipError `insecure_relay_url` | `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path`;
 * nothing on disk was changed then.
 */
export async function openConnection(options: ConnectionOptions): Promise<GossipConnection> {
  const client = await GossipClient.open({
    identity: options.identity,
    relay: createHttpRelayClient({ url: options.protocolUrl }),
    databasePath: path.join(options.folder, DATABASE_FILE),
    displayName: options.displayName,
    log: options.log,
    ...(options.polling === undefined ? {} : { polling: options.polling }),
    shouldAccept: async ({ peer }) => {
      const verdict = await options.judgeContact(peer);
      return verdict === "trusted" ? "trusted" : verdict === "accepted";
    },
  });
  return {
    userId: client.userId,
    run: (signal) => client.run({ signal }),
    events: (signal) => client.events({ signal }),
    markHandled: (eventId) => client.markHandled(eventId),
    queueBody: (message, messageId) => queueBody(client, message, messageId),
    isOurs: (to, messageId) =>
      client.messageStatus(parseUserId(to), Uint8Array.from(Buffer.from(messageId, "hex"))) !==
      undefined,
    retentions: () =>
      client
        .contacts()
        .flatMap(({ expired, peer }) =>
          expired === undefined ? [] : [{ userId: peer, span: expired }],
        ),
    reviewRequests: createContactReview(client, options.judgeContact),
    trust: (userId) => trust(client, parseUserId(userId)),
    forget: async (userId) => {
      const peer = parseUserId(userId);
      const isKnown = client.contacts().some((contact) => contact.peer === peer);
      await client.removeContact(peer);
      return isKnown;
    },
    takeBack: (to, messageId) => {
      const peer = parseUserId(to);
      if (client.messageStatus(peer, messageId) === undefined) return "unknown";
      return client.withdraw(peer, messageId) ? "taken-back" : "on-its-way";
    },
    catchUp: (userId, signal) => client.catchUp(parseUserId(userId), { signal }),
    whenStored: async (to, messageId, signal) => {
      const status = await client.whenStatus(parseUserId(to), messageId, "sent", { signal });
      if (status === "failed") {
        throw new GossipChannelError("refused_by_relay", "gossip: the relay refused the message");
      }
    },
    status: () => toConnectionStatus(client.status()),
    isReachable: () => {
      const { connected, keysPublishedAtMs } = client.status();
      return connected && keysPublishedAtMs !== undefined;
    },
    onStatusChange: (listener) => client.onStatusChange(listener),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** The newest counter of a relay's bulletin, without any state of an account. */
export async function fetchBulletinCounter(url: string, signal: AbortSignal): Promise<bigint> {
  return await createHttpRelayClient({ url }).fetchBulletinCounter({ signal });
}

function toConnectionStatus(status: ReturnType<GossipClient["status"]>): ConnectionStatus {
  return {
    connected: status.connected,
    lastExchangeAtMs: status.lastPollAtMs,
    lastInboundAtMs: status.lastInboundAtMs,
    lastErrorCode: status.lastErrorCode,
    unhandled: status.unhandled,
    pendingRequests: status.pendingRequests,
    bytesToday: status.bytesToday.in + status.bytesToday.out,
    clockOffsetMs: status.clockOffsetMs,
    forksNoticed: status.forksNoticed,
    forkNoticedAtMs: status.forkNoticedAtMs,
  };
}
