// Waits for an owner code without a gateway: this process opens the account itself, under its lock, for as long as that
// takes. Everything else that comes in meanwhile stays stored and unhandled for the gateway.
import type { OwnerDesk } from "channel-kit";
import { listenForOwner, type OwnerConnection } from "channel-kit/terminal";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { openConnection } from "./client.ts";
import { findOwnerConversation } from "./follow-conversations.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

/** How long the owner's welcome may take to reach the network; it is on disk before and goes out with the gateway else. */
const WELCOME_MS = 10_000;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export interface OwnerConnectionOptions {
  readonly stateDir: string;
  readonly account: ResolvedConvosAccount;
  readonly desk: OwnerDesk;
  readonly signal: AbortSignal;
}

/**
 * Lends an account that listens for the code to `use`, and closes it afterwards.
 *
 * @throws ConvosChannelError `already_running` when the gateway has the account; what opening an identity throws.
 */
export async function withOwnerConnection<T>(
  options: OwnerConnectionOptions,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  const { account, desk, signal, stateDir } = options;
  await using opened = new AsyncDisposableStack();
  const claimed = await claimIdentity({ stateDir, account, signal });
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  const connection = opened.use(
    await openConnection({ identity, account, folder: folder.path, log: SILENT }),
  );
  const ownerConversation = (): string | undefined =>
    findOwnerConversation(account.ownerConversationId, connection.conversations());
  return await listenForOwner(
    {
      connection,
      desk,
      signal,
      readMessage: (event) => {
        const facts = toInboundFacts(event);
        if (facts?.kind !== "message" || facts.conversationId !== ownerConversation()) {
          return undefined;
        }
        return { senderId: facts.senderId, text: facts.text };
      },
      welcome: async (senderId) => {
        const to = ownerConversation();
        if (to === undefined) return;
        const key = `owner-${senderId}`;
        const body = createMessageBody(to, createChatStrings(account.strings).ownerWelcome);
        await connection.queue(body, key);
        await connection
          .whenSent(body, key, AbortSignal.any([signal, AbortSignal.timeout(WELCOME_MS)]))
          .catch(() => undefined);
      },
    },
    use,
  );
}
