// Waits for an owner code without a gateway: this process opens the account itself, under its lock, for as long as that
// takes. Everything else that comes in meanwhile stays stored and unhandled for the gateway.
import { randomUUID } from "node:crypto";
import type { OwnerDesk } from "channel-kit";
import { listenForOwner, type OwnerConnection } from "channel-kit/terminal";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { openConnection } from "./client.ts";
import { MeshChannelError } from "./errors.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody } from "./message-body.ts";
import { createChatStrings } from "./strings.ts";

/** A neighbor that is there answers within seconds. */
const REACH_WITHIN_MS = 60_000;

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export interface OwnerConnectionOptions {
  readonly stateDir: string;
  readonly account: ResolvedMeshAccount;
  readonly desk: OwnerDesk;
  readonly signal: AbortSignal;
  /** How long a neighbor is waited for, in milliseconds; default a minute. */
  readonly reachWithinMs?: number;
}

/**
 * Lends an account that listens for the code to `use`, and closes it afterwards. Its `whenReachable` rejects with `start_failed`
 * when no neighbor is there in time.
 *
 * @throws MeshChannelError `already_running` when the gateway has the account; what opening an identity throws.
 */
export async function withOwnerConnection<T>(
  options: OwnerConnectionOptions,
  use: (connection: OwnerConnection) => Promise<T>,
): Promise<T> {
  const { account, desk, reachWithinMs = REACH_WITHIN_MS, signal, stateDir } = options;
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
