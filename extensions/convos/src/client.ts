// Opens the protocol client, which only this room and client-identity.ts know. Its node, its keys and its bookkeeping stay
// behind it: out come events, and in go messages.
import type { AccountConnection, ConnectionState } from "channel-kit";
import {
  ConvosClient,
  openRemoteAttachment,
  type ConvosClientStatus,
  type ConvosEvent,
  type ConvosLog,
  type ConvosTiming,
  type Member,
  type OutgoingContent,
} from "convos-node-sdk";
import type { ResolvedConvosAccount } from "./accounts.ts";
import {
  createControls,
  type ConversationControls,
  type JoinPermission,
} from "./client-controls.ts";
import type { ConvosIdentity } from "./client-identity.ts";
import { readCode } from "./errors.ts";
import type { RemoteFile } from "./files.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import { explainOwnerKey, readOwnerKey } from "./owner-key.ts";
import type { StuckConversation } from "./stuck-conversations.ts";

/** How the account is, in figures: nothing in it names anybody. */
export interface ConvosConnectionState extends ConnectionState {
  readonly conversations: number;
  readonly pendingJoins: number;
  readonly oldestJoinAtMs: number | undefined;
  readonly maxInstallations: number;
  /** Groups of which somebody has to say whether they are the lost ones. */
  readonly restoreOffers: number;
  /** Conversations that come back once another member writes there. */
  readonly restoring: number;
  /** Conversations of which our copy differs from the others'. */
  readonly outOfSync: number;
  /** Conversations that cannot be opened here until somebody mends what is wrong. */
  readonly stuck: readonly StuckConversation[];
}

/** A conversation that the account is in. */
export interface JoinedConversation {
  readonly id: string;
  readonly name: string | undefined;
  /** Our own inbox in it. */
  readonly inboxId: string;
  readonly memberCount: number;
  /** Who it is, when there is one other member; undefined before that was looked at. */
  readonly onlyOtherInboxId?: string | undefined;
  readonly joinedAtMs: number;
  readonly isCreator: boolean;
}

/** Somebody and us, in a conversation that he opened with an inbox of ours. */
interface DirectConversation {
  readonly id: string;
  /** Our own inbox in it. */
  readonly inboxId: string;
  readonly peerInboxId: string;
}

/** That an agent works on an answer, or has stopped. */
interface ThinkingSign {
  readonly messageId: string;
  /** Three to five words. */
  readonly about: string;
  readonly isThinking: boolean;
}

export interface ConvosConnection extends AccountConnection<ConvosEvent>, AsyncDisposable {
  readonly userId: string;
  /** The inbox that the configured private key opens; undefined without one. */
  readonly ownerInboxId: string | undefined;
  /** What an operator does with the conversations. */
  readonly controls: ConversationControls;
  status(): ConvosConnectionState;
  isReachable(): boolean;
  /** Those that are neither left nor ended, in the order in which they came. */
  conversations(): JoinedConversation[];
  /** Who is in a conversation, as of the last look. */
  members(conversationId: string): Promise<Member[]>;
  /** Whether a message is one of ours. */
  isOurs(conversationId: string, messageId: string): boolean;
  /**
   * Asks to join by an invite; what it wrote down is finished by `run`, now or after a restart.
   *
   * @throws ConvosError see `ConvosClient.join`; `network_unreachable` may be tried again.
   */
  join(inviteText: string): Promise<void>;
  /** Queues a message. The same key is the same message. @throws ConvosError. */
  queue(body: ConvosMessageBody, key: string): Promise<void>;
  /**
   * Resolves when the network has all of it. @returns The message id.
   *
   * @throws ConvosError `not_allowed`: it never will.
   */
  whenSent(body: ConvosMessageBody, key: string, signal: AbortSignal): Promise<string>;
  /** Takes back what of a message has not been handed to XMTP. */
  takeBack(conversationId: string, key: string): void;
  /** Direct conversations that are open. */
  directs(): DirectConversation[];
  /** Conversations of either kind that are over. */
  ended(): string[];
  /** Whether somebody got in by a single-use invite of ours. */
  isInviteUsed(conversationId: string, inviteId: string): boolean;
  /** Ids of all conversations that there ever were. */
  known(): string[];
  /** Whether somebody else sent this message in this conversation, within the last day at least. */
  hasReceived(conversationId: string, messageId: string): boolean;
  /** The bytes of an inline file; undefined when it is not there any more. @throws ConvosError. */
  readAttachment(conversationId: string, messageId: string): Promise<Uint8Array | undefined>;
  /** Opens a downloaded file. @throws ConvosError `malformed` | `too_large`. */
  openFile(payload: Uint8Array, file: RemoteFile): { bytes: Uint8Array; mimeType: string };
  /** How we show ourselves in a conversation, from now on. @throws ConvosError. */
  setName(conversationId: string, name: string): Promise<void>;
  /** Best effort: without a network nothing happens. */
  setTyping(conversationId: string, isTyping: boolean): Promise<void>;
  setThinking(conversationId: string, thinking: ThinkingSign): Promise<void>;
}

export interface ConnectionOptions {
  readonly identity: ConvosIdentity;
  readonly account: Pick<
    ResolvedConvosAccount,
    "accountId" | "apiUrl" | "env" | "name" | "ownerKey"
  >;
  /** Folder of the account; the client keeps its databases in it. */
  readonly folder: string;
  readonly log: ConvosLog;
  readonly timing?: Partial<ConvosTiming>;
}

/**
 * Opens the account's protocol state. No network yet: that is {@link ConvosConnection.run}.
 *
 * @throws ConvosError `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path`; ConvosChannelError
 * `mnemonic_unavailable`, `mnemonic_invalid` for a private key that is not there or no key, `identity_mismatch` for one of
 * another inbox. Nothing on disk was changed then.
 */
export async function openConnection(options: ConnectionOptions): Promise<ConvosConnection> {
  const { account, folder, identity, log, timing } = options;
  const { apiUrl, env, name } = account;
  const ownerKey = readOwnerKey(account);
  try {
    const client = await ConvosClient.open({
      folder,
      root: identity.root,
      env,
      ...(apiUrl === undefined ? {} : { apiUrl }),
      ...(ownerKey === undefined ? {} : { ownerKey }),
      profile: { name },
      log,
      ...(timing === undefined ? {} : { timing }),
    });
    return connect(client, identity.userId, ownerKey?.inboxId);
  } catch (error) {
    throw explainOwnerKey(error, account);
  }
}

function connect(
  client: ConvosClient,
  userId: string,
  ownerInboxId: string | undefined,
): ConvosConnection {
  const hasOwnerKey = ownerInboxId !== undefined;
  let isRunning = false;
  let lastExchangeAtMs: number | undefined;
  const readStatus = (): ConvosConnectionState => {
    const status = client.status();
    const connected = isRunning && status.connected;
    if (connected) lastExchangeAtMs = Date.now();
    return toState(client, status, connected, lastExchangeAtMs);
  };
  const controls = createControls(client, (inviteText, permission) =>
    join(client, inviteText, hasOwnerKey, permission),
  );
  return {
    userId,
    ownerInboxId,
    controls,
    run: async (signal) => {
      isRunning = true;
      try {
        await client.run({ signal });
      } finally {
        isRunning = false;
      }
    },
    events: (signal) => client.events({ signal }),
    markHandled: (eventId) => client.markHandled(eventId),
    status: readStatus,
    isReachable: () => {
      const { connected } = readStatus();
      return connected && client.status().connectedConversations > 0;
    },
    onStatusChange: (listener) => client.onStatusChange(listener),
    conversations: () => listConversations(client),
    members: (conversationId) => client.members(conversationId),
    isOurs: (conversationId, messageId) =>
      unlessGone(() => client.isOurs(conversationId, messageId)),
    join: (inviteText) => join(client, inviteText, hasOwnerKey, { mayAddInstallation: false }),
    directs: () => listDirects(client),
    ended: () => controls.ended(),
    isInviteUsed: (conversationId, inviteId) => client.isInviteUsed(conversationId, inviteId),
    known: () => client.knownConversationIds(),
    hasReceived: (conversationId, messageId) =>
      unlessGone(() => client.hasReceived(conversationId, messageId)),
    readAttachment: (conversationId, messageId) => client.readAttachment(conversationId, messageId),
    openFile: (payload, { contentDigest, nonce, salt, secret }) =>
      openRemoteAttachment(payload, {
        contentDigest,
        secret: Buffer.from(secret, "hex"),
        salt: Buffer.from(salt, "hex"),
        nonce: Buffer.from(nonce, "hex"),
      }),
    setName: (conversationId, name) => client.updateProfile(conversationId, { name }),
    setTyping: (conversationId, isTyping) => client.setTyping(conversationId, isTyping),
    setThinking: (conversationId, { about: content, isThinking, messageId: targetMessageId }) =>
      client.setThinking(conversationId, {
        state: isThinking ? "start" : "stop",
        targetMessageId,
        content,
      }),
    queue: async (body, key) => {
      for (const [index, content] of toContents(body).entries()) {
        await client.send(body.to, content, { key: partKey(key, index) });
      }
    },
    whenSent: async (body, key, signal) => {
      const sent = toContents(body).map(async (_content, index) =>
        client.whenSent(body.to, partKey(key, index), { signal }),
      );
      // What follows a file is sent after it; the file is the message.
      const [first] = await Promise.all(sent);
      return first?.messageId ?? "";
    },
    takeBack: (conversationId, key) => {
      unlessGone(() => {
        const parts = Array.from({ length: MAX_PARTS }, (_, index) => partKey(key, index));
        return parts.map((part) => client.withdraw(conversationId, part)).some(Boolean);
      });
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** The configured key serves the first conversation; the next ones have keys of their own. */
async function join(
  client: ConvosClient,
  inviteText: string,
  hasOwnerKey: boolean,
  permission: JoinPermission,
): Promise<void> {
  const isFirst =
    client.conversations().every(({ kind }) => kind === "dm") && client.pendingJoins().length === 0;
  await client.join(inviteText, { useOwnerKey: hasOwnerKey && isFirst, ...permission });
}

function listConversations(client: ConvosClient): JoinedConversation[] {
  return client
    .conversations()
    .filter(({ kind, state }) => kind === "group" && state === "active")
    .map(({ createdAtMs, id, inboxId, isCreator, memberCount, name, onlyOtherInboxId }) => ({
      id,
      name,
      inboxId,
      memberCount,
      onlyOtherInboxId,
      isCreator,
      joinedAtMs: createdAtMs,
    }))
    .toSorted((one, other) => one.joinedAtMs - other.joinedAtMs);
}

function listDirects(client: ConvosClient): DirectConversation[] {
  return client
    .conversations()
    .flatMap(({ id, inboxId, kind, peerInboxId, state }) =>
      kind === "dm" && state === "active" && peerInboxId !== undefined
        ? [{ id, inboxId, peerInboxId }]
        : [],
    );
}

/** A file, and what is said about it. */
const MAX_PARTS = 2;

/** Keys of the messages that one body becomes. */
function partKey(key: string, index: number): string {
  return index === 0 ? key : `${key}/${index}`;
}

function toContents(body: ConvosMessageBody): OutgoingContent[] {
  if (!("file" in body)) return [toContent(body)];
  const { bytes, mimeType, name: filename } = body.file;
  const file = {
    type: "attachment",
    filename,
    mimeType,
    bytes: Buffer.from(bytes, "base64"),
  } as const;
  return body.text === "" ? [file] : [file, toContent(body)];
}

function toContent(body: Exclude<ConvosMessageBody, "file">): OutgoingContent {
  if ("emoji" in body) {
    const { citedId: messageId, emoji, remove } = body;
    return { type: "reaction", emoji, messageId, ...(remove ? { remove } : {}) };
  }
  const { replyToId, text } = body;
  return replyToId === undefined
    ? { type: "text", text }
    : { type: "reply", text, replyTo: replyToId };
}

function toState(
  client: ConvosClient,
  status: ConvosClientStatus,
  connected: boolean,
  lastExchangeAtMs: number | undefined,
): ConvosConnectionState {
  const asked = client.pendingJoins().map(({ requestedAtMs }) => requestedAtMs);
  return {
    connected,
    lastExchangeAtMs,
    lastInboundAtMs: status.lastInboundAtMs,
    lastErrorCode: status.lastErrorCode,
    unhandled: status.unhandled,
    conversations: status.conversations,
    pendingJoins: status.pendingJoins,
    oldestJoinAtMs: asked.length === 0 ? undefined : Math.min(...asked),
    maxInstallations: status.maxInstallations,
    restoreOffers: status.restoreOffers,
    restoring: status.restoring,
    outOfSync: status.outOfSync,
    stuck: status.stuck,
  };
}

/** A conversation that ended has no messages any more. */
function unlessGone(ask: () => boolean): boolean {
  try {
    return ask();
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = readCode(error);
  return code === "unknown_conversation" || code === "not_allowed";
}
