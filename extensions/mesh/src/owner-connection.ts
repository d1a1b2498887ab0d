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
import { MeshChannelError } from "./errors.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

/** A neighbor that is there answers within seconds. */
const REACH_WITHIN_MS = 60_000;

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export interface MeshOwnerOptions extends OwnerConnectionOptions<ResolvedMeshAccount> {
  /** How long a neighbor is waited for, in milliseconds; default a minute. */
  readonly reachWithinMs?: number;
}

/**
 * Lends an account that listens for the code to `use`, see {@link listenForOwner}. Its `whenReachable` rejects with
 * `start_failed` when no neighbor is there in time.
 */
export async function withOwnerConnection<T>(
  { account, desk, reachWithinMs = REACH_WITHIN_MS, signal, stateDir }: MeshOwnerOptions,
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
    (listening) =>
      use({ ...listening, whenReachable: () => within(reachWithinMs, listening.whenReachable()) }),
  );
}

/** Without this, a terminal would wait for good where an address is wrong. */
async function within(timeoutMs: number, reached: Promise<void>): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const late = Promise.withResolvers<never>();
  const give = (): void =>
    late.reject(
      new MeshChannelError(
        "start_failed",
        "mesh: no other peer could be reached, so no code can come in. Addresses of this machine and of private networks " +
          "need channels.mesh.allowPrivateAddresses. See: openclaw config get channels.mesh",
      ),
    );
  timeout.addEventListener("abort", give, { once: true });
  try {
    await Promise.race([reached, late.promise]);
  } finally {
    timeout.removeEventListener("abort", give);
  }
}
