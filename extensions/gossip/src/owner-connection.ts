// Waits for an owner code without a gateway: this process opens the account itself, under its lock, for as long as that
// takes. Everything else that comes in meanwhile stays stored and unhandled for the gateway.
import { randomBytes } from "node:crypto";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import {
  identityMaker,
  openConnection,
  type ConnectionOptions,
  type GossipConnection,
} from "./client.ts";
import { toInboundFacts } from "./inbound.ts";
import { createMessageBody, MESSAGE_ID_BYTES } from "./message-body.ts";
import type { OwnerDesk } from "./owner-desk.ts";
import { runTogether } from "./run-together.ts";
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

export interface OwnerConnectionOptions {
  readonly stateDir: string;
  readonly account: ResolvedGossipAccount;
  readonly desk: OwnerDesk;
  readonly signal: AbortSignal;
  readonly polling?: NonNullable<ConnectionOptions["polling"]>;
}

export interface OwnerConnection {
  readonly userId: string;
  /** Resolves when the relay answers and has the bot's keys, without which nobody can write to it. */
  whenReachable(): Promise<void>;
  /** Tells the owner, and keeps the conversation. */
  welcome(senderId: string): Promise<void>;
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
    maker: identityMaker,
    now: Date.now,
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
  const done = new AbortController();
  const running = AbortSignal.any([signal, done.signal]);
  const listening = runTogether(running, [
    (ending) => connection.run(ending),
    async (ending) => {
      for await (const event of connection.events(ending)) {
        const facts = toInboundFacts(event);
        if (facts !== undefined && desk.offer(facts)) connection.markHandled(event.id);
      }
    },
  ]);
  try {
    return await Promise.race([
      use({
        userId: connection.userId,
        whenReachable: () => untilPublished(connection, signal),
        welcome: async (senderId) => {
          connection.trust(senderId);
          const id = randomBytes(MESSAGE_ID_BYTES);
          const body = createMessageBody(senderId, createChatStrings(account.strings).ownerWelcome);
          await connection.queueBody({ ...body, purpose: "operator" }, id);
          await connection
            .whenStored(senderId, id, AbortSignal.any([signal, AbortSignal.timeout(WELCOME_MS)]))
            .catch(() => undefined);
        },
      }),
      listening.then(() => {
        throw signal.reason ?? new Error("gossip: the connection ended");
      }),
    ]);
  } finally {
    done.abort();
    await listening.catch(() => undefined);
  }
}

async function untilPublished(
  connection: Pick<GossipConnection, "isReachable" | "onStatusChange">,
  signal: AbortSignal,
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const give = (): void => reached.reject(signal.reason);
  const look = (): void => {
    if (connection.isReachable()) reached.resolve();
  };
  const forget = connection.onStatusChange(look);
  signal.addEventListener("abort", give, { once: true });
  look();
  try {
    await reached.promise;
  } finally {
    forget();
    signal.removeEventListener("abort", give);
  }
}
