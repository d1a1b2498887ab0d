import { randomBytes } from "node:crypto";
import { claimAccount } from "channel-kit";
import {
  listenForOwner,
  type OwnerConnection,
  type OwnerConnectionOptions,
} from "channel-kit/terminal";
import { gossipChannel } from "./account-channel.ts";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { openConnection, type ConnectionOptions } from "./client.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody, MESSAGE_ID_BYTES } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

/** How long the owner's welcome may take to reach the relay; it is on disk before and goes out with the gateway else. */
const WELCOME_MS = 10_000;
/** Somebody waits in front of the terminal. */
const ATTENTIVE: NonNullable<ConnectionOptions["polling"]> = {
  idleMs: 1500,
  idleMaxMs: 1500,
  bulletinMs: 1500,
};
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Lends an account that listens for the code to `use`, see {@link listenForOwner}. */
export async function withOwnerConnection<T>(
  {
    account,
    desk,
    polling = ATTENTIVE,
    signal,
    stateDir,
  }: OwnerConnectionOptions<ResolvedGossipAccount> & Pick<ConnectionOptions, "polling">,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  return await listenForOwner(
    {
      desk,
      signal,
      claim: () => claimAccount(gossipChannel, { stateDir, account, signal }),
      open: ({ folder, identity }) =>
        openConnection({
          identity,
          protocolUrl: account.protocolUrl,
          folder: folder.path,
          displayName: account.username,
          log: SILENT,
          polling,
          // Whoever asks may send the code; that lets nobody speak to the agent.
          judgeContact: async () => "accepted",
        }),
      readMessage: (event) => {
        const facts = toInboundFacts(event);
        return facts?.kind === "message" ? { senderId: facts.peer, text: facts.text } : undefined;
      },
      welcome: async (connection, senderId) => {
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
