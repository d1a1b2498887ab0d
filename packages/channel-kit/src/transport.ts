// From the outbox to the protocol client, which has a message on its own disk before the first byte leaves.
import type { OutboxTransport } from "channel-durability";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import type { ChannelNames } from "./channel-names.ts";
import { ChannelKitError } from "./errors.ts";

/** How long a send waits for the network to take the message. It stays queued afterwards. */
const SENT_WAIT_MS = 20_000;

/** How one channel's protocol client sends. */
export interface ClientTransport<TBody> {
  readonly names: Pick<ChannelNames, "id" | "network">;
  /** Length of the ids under which the client keeps one message one. */
  readonly messageIdBytes: number;
  /** Puts the message on the client's disk. */
  readonly queue: (body: TBody, messageId: Uint8Array) => Promise<void>;
  /** @returns The id by which the network, or the people, know the message. */
  readonly whenSent: (body: TBody, messageId: Uint8Array, signal: AbortSignal) => Promise<string>;
  /** Says of an error whether anything was queued. */
  readonly mapSendError: (error: unknown) => unknown;
  /** Whether an error of `whenSent` is for good. */
  readonly isRefusal: (error: unknown) => boolean;
}

export interface TransportOptions<TBody> {
  /** May this message still leave? Access may have ended since the agent began to answer. */
  readonly mayLeave: (body: TBody) => boolean | Promise<boolean>;
  readonly onSent: () => void;
  /** Aborts when nobody can wait for the network any longer: the account is stopping. */
  readonly giveUp: AbortSignal;
  readonly waitMs?: number;
}

/**
 * The transport of an account's outbox. A send rejects with
 *
 * - PlatformMessageNotDispatchedError: certainly not sent;
 * - ChannelKitError `not_stored_yet`: perhaps sent later. The same message id keeps it one message.
 */
export function createClientTransport<TBody>(
  client: ClientTransport<TBody>,
  { giveUp, mayLeave, onSent, waitMs = SENT_WAIT_MS }: TransportOptions<TBody>,
): OutboxTransport<TBody> {
  const { mapSendError, messageIdBytes, names, queue } = client;
  return {
    send: async (body, context) => {
      const messageId = context.messageId(messageIdBytes);
      await assertMayLeave(names.id, () => mayLeave(body));
      context.assertHandoff();
      try {
        await queue(body, messageId);
      } catch (error) {
        throw mapSendError(error);
      }
      const signal = AbortSignal.any([context.signal, giveUp, AbortSignal.timeout(waitMs)]);
      const nativeId = await waitUntilSent(client, body, messageId, signal);
      onSent();
      return { nativeId };
    },
  };
}

/** Says no for somebody who may not be answered, and later for somebody of whom nobody can say so now. */
async function assertMayLeave(
  channelId: string,
  mayLeave: () => boolean | Promise<boolean>,
): Promise<void> {
  let isAllowed: boolean;
  try {
    isAllowed = await mayLeave();
  } catch (cause) {
    throw new PlatformMessageNotDispatchedError(`${channelId}: access could not be asked for`, {
      cause,
    });
  }
  if (!isAllowed) {
    throw new PlatformMessageNotDispatchedError(
      `${channelId}: who it is for may not be answered any more`,
      { cause: undefined, retryable: false },
    );
  }
}

async function waitUntilSent<TBody>(
  { isRefusal, mapSendError, names, whenSent }: ClientTransport<TBody>,
  body: TBody,
  messageId: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await whenSent(body, messageId, signal);
  } catch (cause) {
    if (isRefusal(cause)) throw mapSendError(cause);
    throw new ChannelKitError(
      "not_stored_yet",
      `${names.id}: the ${names.network} has not taken the message yet; it stays queued and goes out by itself`,
      { cause },
    );
  }
}
