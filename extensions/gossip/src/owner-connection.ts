// Waits for an owner code without a gateway: this process opens the account itself, under its lock, for as long as that
// takes. Everything else that comes in meanwhile stays stored and unhandled for the gateway.
import { randomBytes } from "node:crypto";
import type { OwnerDesk } from "channel-kit";
import { listenForOwner, type OwnerConnection } from "channel-kit/terminal";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { openConnection, type ConnectionOptions } from "./client.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

const MESSAGE_ID_BYTES = 12;
/** How long the owner's welcome may take to reach the relay; it is on disk before and goes out with the gateway else. */
const WELCOME_MS = 10_000;
/** Somebody waits in front of the terminal. */
const ATTENTIVE: NonNullable<ConnectionOptions["polling"]> = {
  idleMs: 1500,
  idleMaxMs: 1500,
  bulletinMs: 1500,
};
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export interface OwnerConnectionOptions {
  readonly stateDir: string;
  readonly account: ResolvedGossipAccount;
  readonly desk: OwnerDesk;
  readonly signal: AbortSignal;
  readonly polling?: NonNullable<ConnectionOptions["polling"]>;
}

/**
 * Lends an account that listens for the code to `use`, and closes it afterwards.
 *
 * @throws GossipChannelError `already_running` when the gateway has the account; what opening an identity throws.
 */
export async function withOwnerConnection<T>(
  options: OwnerConnectionOptions,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  const { account, desk, signal, stateDir } = options;
  await using opened = new AsyncDisposableStack();
  const claimed = await claimIdentity({
    stateDir,
    account,
    signal,
  });
  opened.defer(() => claimed.lock.release());
  const connection = opened.use(
    await openConnection({
      identity: claimed.identity,
      protocolUrl: account.protocolUrl,
      folder: claimed.folder.path,
      displayName: account.username,
      log: SILENT,
      polling: options.polling ?? ATTENTIVE,
      // Whoever asks may send the code; that lets nobody speak to the agent.
      judgeContact: async () => "accepted",
    }),
  );
  return await listenForOwner(
    {
      connection,
      desk,
      signal,
      readMessage: (event) => {
        const facts = toInboundFacts(event);
        return facts?.kind === "message" ? { senderId: facts.peer, text: facts.text } : undefined;
      },
      welcome: async (senderId) => {
        connection.trust(senderId);
        const id = randomBytes(MESSAGE_ID_BYTES);
        const body = createMessageBody(senderId, createChatStrings(account.strings).ownerWelcome);
        await connection.queueBody({ ...body, purpose: "operator" }, id);
        await connection
          .whenStored(senderId, id, AbortSignal.any([signal, AbortSignal.timeout(WELCOME_MS)]))
          .catch(() => undefined);
      },
    },
    use,
  );
}
