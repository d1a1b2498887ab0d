import { randomUUID } from "node:crypto";
import { claimAccount } from "channel-kit";
import {
  listenForOwner,
  type OwnerConnection,
  type OwnerConnectionOptions,
} from "channel-kit/terminal";
import { meshChannel } from "./account-channel.ts";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { openConnection } from "./client.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Lends an account that listens for the code to `use`, see {@link listenForOwner}. */
export async function withOwnerConnection<T>(
  { account, desk, signal, stateDir }: OwnerConnectionOptions<ResolvedMeshAccount>,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  return await listenForOwner(
    {
      desk,
      signal,
      claim: () => claimAccount(meshChannel, { stateDir, account, signal }),
      open: ({ folder, identity }) =>
        openConnection({ identity, account, folder: folder.path, log: SILENT }),
      readMessage: (event) => {
        const facts = toInboundFacts(event);
        const isDirect = facts?.chat.kind === "direct" && facts.verified;
        return isDirect ? { senderId: facts.senderId, text: facts.text } : undefined;
      },
      welcome: async (connection, senderId) => {
        const body = createMessageBody(senderId, createChatStrings(account.strings).ownerWelcome);
        // On disk; it goes out with the gateway when it does not now.
        await connection.send({ ...body, purpose: "operator" }, randomUUID());
      },
    },
    use,
  );
}
