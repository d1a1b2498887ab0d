import { createHash } from "node:crypto";
import {
  createChannelPairingChallengeIssuer,
  createTextPairingAdapter,
} from "openclaw/plugin-sdk/channel-pairing";
import { PAIRING_APPROVED_MESSAGE } from "openclaw/plugin-sdk/channel-plugin-common";
import type { ChannelRuntime } from "./runtime.ts";
import type { WaitingSenders } from "./waiting-senders.ts";

const NOTICE_ID_CHARACTERS = 32;

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
  /**
   * Commits the code to the outbox and sends it. `noticeId` follows from the code: use it as the queue id, so that a
   * repetition after a crash is the same message.
   */
  sendReply(text: string, noticeId: string): Promise<void>;
}

export interface PairingDesk {
  /**
   * Asks the host for a pairing request and sends its code, once per open request: the host keeps at most three
   * open requests per account, for an hour each.
   *
   * The host names a code as new only once. When the process died before the code was on its way, the sender is not
   * in the waiting list yet, and the code that the host still holds is sent then.
   */
  challenge(challenge: PairingChallenge): Promise<{ readonly isNew: boolean }>;
}

/** Hands out the host's pairing codes and notes who waits for an approval. */
export function createPairingDesk(options: PairingDeskOptions): PairingDesk {
  const { accountId, channelId, runtime, waiting } = options;
  const isWaiting = (senderId: string): boolean =>
    waiting.list().some((waiter) => waiter.senderId === senderId);
  return {
    challenge: async (challenge) => {
      const { meta, senderId, senderIdLine } = challenge;
      let noticeId = "";
      const issue = createChannelPairingChallengeIssuer({
        channel: channelId,
        accountId,
        upsertPairingRequest: async (request) => {
          const { code, created } = await runtime.pairing.upsertPairingRequest({
            ...request,
            channel: channelId,
            accountId,
          });
          noticeId = codeNoticeId(senderId, code);
          // No code means that there are too many open requests.
          return { code, created: created || (code !== "" && !isWaiting(senderId)) };
        },
      });
      const { created } = await issue({
        senderId,
        senderIdLine,
        ...(meta === undefined ? {} : { meta: { ...meta } }),
        sendPairingReply: async (text) => {
          try {
            await challenge.sendReply(text, noticeId);
          } finally {
            // Last: as long as he is not noted, his next message sends the code again, as the same message.
            waiting.add(senderId);
          }
        },
        onReplyError: (error) => options.onError?.(error),
      });
      return { isNew: created };
    },
  };
}

/** Hashed: queue ids appear in debug lines, where neither sender nor code belongs. */
function codeNoticeId(senderId: string, code: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([senderId, code]))
    .digest("hex");
  return `pairing-code:${hash.slice(0, NOTICE_ID_CHARACTERS)}`;
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
