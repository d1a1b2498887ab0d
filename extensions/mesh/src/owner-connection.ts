// Waits for an owner code without a gateway: this process opens the account itself, under its lock, for as long as that
// takes. Everything else that comes in meanwhile stays stored and unhandled for the gateway.
import { randomUUID } from "node:crypto";
import type { OwnerDesk } from "channel-kit";
import { listenForOwner, type OwnerConnection } from "channel-kit/terminal";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { openConnection } from "./client.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export interface OwnerConnectionOptions {
  readonly stateDir: string;
  readonly account: ResolvedMeshAccount;
  readonly desk: OwnerDesk;
  readonly signal: AbortSignal;
}

/**
 * Lends an account that listens for the code to `use`, and closes it afterwards.
 *
 * @throws MeshChannelError `already_running` when the gateway has the account; what opening an identity throws.
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
      account,
      folder: claimed.folder.path,
      log: SILENT,
    }),
  );
  return await listenForOwner(
    {
      connection,
      desk,
      signal,
      readMessage: (event) => {
        const facts = toInboundFacts(event);
        const isDirect = facts?.chat.kind === "direct" && facts.verified;
        return isDirect ? { senderId: facts.senderId, text: facts.text } : undefined;
      },
      welcome: async (senderId) => {
        const body = createMessageBody(senderId, createChatStrings(account.strings).ownerWelcome);
        // On disk; it goes out with the gateway when it does not now.
        await connection.send({ ...body, purpose: "operator" }, randomUUID());
      },
    },
    use,
  );
}
