import {
  listenForOwner,
  type OwnerConnection,
  type OwnerConnectionOptions,
} from "channel-kit/terminal";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { openConnection, type ConvosConnection } from "./client.ts";
import { ConvosChannelError } from "./errors.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import {
  describeOver,
  findOwnerConversation,
  isOwnerConversationOver,
  type KnownConversations,
} from "./owner-conversation.ts";
import { createChatStrings } from "./strings.ts";

/** How long the owner's welcome may take to reach the network; it is on disk before and goes out with the gateway else. */
const WELCOME_MS = 10_000;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/**
 * Lends an account that listens for the code in the owner conversation to `use`, see {@link listenForOwner}.
 *
 * @throws ConvosChannelError `command_refused` too, as soon as the owner conversation is known to be over.
 */
export async function withOwnerConnection<T>(
  { account, desk, signal, stateDir }: OwnerConnectionOptions<ResolvedConvosAccount>,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  const { accountId, ownerConversationId } = account;
  const ownerConversation = (connection: KnownConversations) =>
    findOwnerConversation(ownerConversationId, connection);
  const over = Promise.withResolvers<never>();
  // It may be known before anybody waits for it.
  over.promise.catch(() => undefined);
  const refuseWhenOver = (connection: ConvosConnection): void => {
    const look = (): void => {
      if (!isOwnerConversationOver(ownerConversationId, connection)) return;
      over.reject(new ConvosChannelError("command_refused", describeOver(accountId)));
    };
    connection.onStatusChange(look);
    look();
  };
  return await listenForOwner(
    {
      desk,
      signal,
      claim: () => claimIdentity({ stateDir, account, signal }),
      open: async ({ folder, identity }) => {
        const place = { identity, account, folder: folder.path, log: SILENT };
        const connection = await openConnection(place);
        refuseWhenOver(connection);
        return connection;
      },
      readMessage: (event, connection) => {
        const facts = toInboundFacts(event);
        const isThere =
          facts?.kind === "message" && facts.conversationId === ownerConversation(connection);
        return isThere ? { senderId: facts.senderId, text: facts.text } : undefined;
      },
      welcome: async (connection, senderId) => {
        const to = ownerConversation(connection);
        if (to === undefined) return;
        const key = `owner-${senderId}`;
        const body = createMessageBody(to, createChatStrings(account.strings).ownerWelcome);
        await connection.queue(body, key);
        await connection
          .whenSent(body, key, AbortSignal.any([signal, AbortSignal.timeout(WELCOME_MS)]))
          .catch(() => undefined);
      },
    },
    (connection) => Promise.race([over.promise, use(connection)]),
  );
}
