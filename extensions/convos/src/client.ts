// Opens the protocol client, which only this room and client-identity.ts know. Its node, its keys and its bookkeeping stay
// behind it: out come events, and in go messages.
import type { AccountConnection, ConnectionState } from "channel-kit";
import {
  ConvosClient,
  keyFromHex,
  type ConvosClientStatus,
  type ConvosEvent,
  type ConvosLog,
  type ConvosTiming,
  type InviteOptions,
  type Member,
  type OutgoingContent,
} from "convos-node-sdk";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { createControls, type ConversationControls } from "./client-controls.ts";
import type { ConvosIdentity } from "./client-identity.ts";
import { ConvosChannelError, readCode } from "./errors.ts";
import type { ConvosMessageBody } from "./message-body.ts";

/** How the account is, in figures: nothing in it names anybody. */
export interface ConvosConnectionState extends ConnectionState {
  readonly conversations: number;
  readonly pendingJoins: number;
  readonly oldestJoinAtMs: number | undefined;
  readonly maxInstallations: number;
}

/** A conversation that the account is in. */
export interface JoinedConversation {
  readonly id: string;
  readonly name: string | undefined;
  /** Our own inbox in it. */
  readonly inboxId: string;
  readonly memberCount: number;
  readonly joinedAtMs: number;
  readonly isCreator: boolean;
}

export interface ConvosConnection extends AccountConnection<ConvosEvent>, AsyncDisposable {
  readonly userId: string;
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
  /** Makes an invite to a conversation that we created. @throws ConvosError `not_allowed` (we did not) | `network_unreachable`. */
  createInvite(conversationId: string, options: InviteOptions): Promise<string>;
  /** Queues a message. The same key is the same message. @throws ConvosError. */
  queue(body: ConvosMessageBody, key: string): Promise<void>;
  /** Resolves when the network has it. @throws ConvosError `not_allowed`: it never will. */
  whenSent(conversationId: string, key: string, signal: AbortSignal): Promise<string>;
}

export interface ConnectionOptions {
  readonly identity: ConvosIdentity;
  readonly account: Pick<ResolvedConvosAccount, "apiUrl" | "env" | "name" | "ownerKey">;
  /** Folder of the account; the client keeps its databases in it. */
  readonly folder: string;
  readonly log: ConvosLog;
  readonly timing?: Partial<ConvosTiming>;
}

/**
 * Opens the account's protocol state. No network yet: that is {@link ConvosConnection.run}.
 *
 * @throws ConvosError `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path`; ConvosChannelError
 * `mnemonic_unavailable` for a private key that is not there. Nothing on disk was changed then.
 */
export async function openConnection(options: ConnectionOptions): Promise<ConvosConnection> {
  const { account, folder, identity, log, timing } = options;
  const { apiUrl, env, name, ownerKey } = account;
  if (ownerKey.kind === "unavailable") {
    throw new ConvosChannelError(
      "mnemonic_unavailable",
      "convos: privateKey is configured, but its secret or environment variable is empty. Provide it, then: openclaw secrets reload",
    );
  }
  const client = await ConvosClient.open({
    folder,
    root: identity.root,
    env,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(ownerKey.kind === "configured" ? { ownerKey: keyFromHex(ownerKey.words.reveal()) } : {}),
    profile: { name },
    log,
    ...(timing === undefined ? {} : { timing }),
  });
  return connect(client, identity.userId, ownerKey.kind === "configured");
}

function connect(client: ConvosClient, userId: string, hasOwnerKey: boolean): ConvosConnection {
  let isRunning = false;
  let lastExchangeAtMs: number | undefined;
  const readStatus = (): ConvosConnectionState => {
    const status = client.status();
    const connected = isRunning && status.connected;
    if (connected) lastExchangeAtMs = Date.now();
    return toState(client, status, connected, lastExchangeAtMs);
  };
  return {
    userId,
    controls: createControls(client, (inviteText) => join(client, inviteText, hasOwnerKey)),
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
      const { connected, conversations } = readStatus();
      return connected && conversations > 0;
    },
    onStatusChange: (listener) => client.onStatusChange(listener),
    conversations: () => listConversations(client),
    members: (conversationId) => client.members(conversationId),
    isOurs: (conversationId, messageId) => {
      try {
        return client.isOurs(conversationId, messageId);
      } catch (error) {
        if (isGone(error)) return false;
        throw error;
      }
    },
    join: (inviteText) => join(client, inviteText, hasOwnerKey),
    createInvite: async (conversationId, invite) =>
      (await client.createInvite(conversationId, invite)).url,
    queue: (body, key) => client.send(body.to, toContent(body), { key }),
    whenSent: async (conversationId, key, signal) =>
      (await client.whenSent(conversationId, key, { signal })).messageId,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** The configured key serves the first conversation; the next ones have keys of their own. */
async function join(client: ConvosClient, inviteText: string, hasOwnerKey: boolean): Promise<void> {
  const isFirst = client.conversations().length === 0 && client.pendingJoins().length === 0;
  await client.join(inviteText, { useOwnerKey: hasOwnerKey && isFirst });
}

function listConversations(client: ConvosClient): JoinedConversation[] {
  return client
    .conversations()
    .filter(({ state }) => state === "active")
    .map(({ createdAtMs, id, inboxId, isCreator, memberCount, name }) => ({
      id,
      name,
      inboxId,
      memberCount,
      isCreator,
      joinedAtMs: createdAtMs,
    }))
    .toSorted((one, other) => one.joinedAtMs - other.joinedAtMs);
}

function toContent(body: ConvosMessageBody): OutgoingContent {
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
    conversations: status.conversations,
    pendingJoins: status.pendingJoins,
    oldestJoinAtMs: asked.length === 0 ? undefined : Math.min(...asked),
    maxInstallations: status.maxInstallations,
  };
}

/** A conversation that ended has no messages of ours any more. */
function isGone(error: unknown): boolean {
  const code = readCode(error);
  return code === "unknown_conversation" || code === "not_allowed";
}
