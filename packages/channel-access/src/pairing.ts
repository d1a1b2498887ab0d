import {
  createChannelPairingChallengeIssuer,
  createTextPairingAdapter,
} from "openclaw/plugin-sdk/channel-pairing";
import { PAIRING_APPROVED_MESSAGE } from "openclaw/plugin-sdk/channel-plugin-common";
import type { ChannelRuntime } from "./runtime.ts";
import type { WaitingSenders } from "./waiting-senders.ts";

export interface PairingDeskOptions {
  readonly channelId: string;
  readonly accountId: string;
  readonly runtime: { readonly pairing: Pick<ChannelRuntime["pairing"], "upsertPairingRequest"> };
  readonly waiting: WaitingSenders;
  /** A code that could not be handed to the transport. The sender can still be approved. */
  onError?(error: unknown): void;
}

export interface PairingChallenge {
  readonly senderId: string;
  /** The line that tells the sender how the operator will see him, e.g. `Your Gossip user id: gossip1…`. */
  readonly senderIdLine: string;
  /** Shown in the operator's list of requests. Text chosen by the sender must be cleaned before. */
  readonly meta?: Readonly<Record<string, string | undefined>>;
  /** Sends the code. `noticeId` is stable for this request: use it as the outbox queue id. */
  sendReply(text: string, noticeId: string): Promise<void>;
}

export interface PairingDesk {
  /**
   * Asks the host for a pairing request and sends its code, once per open request: the host keeps at most three
   * open requests per account, for an hour each.
   */
  challenge(challenge: PairingChallenge): Promise<{ readonly isNew: boolean }>;
}

/** Hands out the host's pairing codes and notes who waits for an approval. */
export function createPairingDesk(options: PairingDeskOptions): PairingDesk {
  const { accountId, channelId, runtime, waiting } = options;
  const issue = createChannelPairingChallengeIssuer({
    channel: channelId,
    accountId,
    upsertPairingRequest: (request) =>
      runtime.pairing.upsertPairingRequest({ ...request, channel: channelId, accountId }),
  });
  return {
    challenge: async (challenge) => {
      const { meta, senderId, senderIdLine } = challenge;
      const { created } = await issue({
        senderId,
        senderIdLine,
        ...(meta === undefined ? {} : { meta: { ...meta } }),
        sendPairingReply: async (text) => {
          const { noticeId } = waiting.add(senderId);
          await challenge.sendReply(text, `pairing-code:${noticeId}`);
        },
        onReplyError: (error) => options.onError?.(error),
      });
      return { isNew: created };
    },
  };
}

/** The host's pairing adapter, under the name that the host keeps to itself. */
export type PairingAdapter = ReturnType<typeof createTextPairingAdapter>;

/**
 * The plugin's `pairing` adapter.
 *
 * @param options.notify - Called when the Control UI approved somebody: let the approval watcher tell him
 *   (`tellOnce`), so that he is told once however the approval came about.
 */
export function createPairingAdapter(options: {
  /** Name of the id in the operator's list, e.g. `gossipUserId`. */
  readonly idLabel: string;
  normalize(text: string): string | undefined;
  notify(senderId: string, accountId: string | undefined): Promise<void>;
}): PairingAdapter {
  return createTextPairingAdapter({
    idLabel: options.idLabel,
    message: PAIRING_APPROVED_MESSAGE,
    // An entry that is no id stays as it is: it matches nobody, and the operator can still see and remove it.
    normalizeAllowEntry: (entry) => options.normalize(entry) ?? entry.trim(),
    notify: ({ id, accountId }) => options.notify(id, accountId),
  });
}
