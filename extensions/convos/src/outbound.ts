// Text out: plain, in pieces that a phone likes, once each. Where the message goes and what it says is fixed when the host
// hands it over; the outbox keeps it until the network has it.
import { createDurableMessageAdapter, type Outbox, type OutboxTransport } from "channel-durability";
import { toPlainText } from "channel-kit";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import type { ChannelOutboundAdapter } from "openclaw/plugin-sdk/channel-send-result";
import type { ConvosConnection } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError, readCode } from "./errors.ts";
import { mapSendError } from "./send-errors.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { BUBBLE_CHARACTERS, splitText } from "./plain-text.ts";
import { findLiveAccount } from "./runtime.ts";
import {
  formatConversationTarget,
  parseConversationId,
  tryParseConversationId,
} from "./targets.ts";

/** How long a send waits for the network to take the message. It stays queued afterwards. */
const SENT_WAIT_MS = 20_000;

const KEY_BYTES = 16;

/** Sends through the protocol client, which has the message on disk before the first byte leaves. */
export function createConvosTransport(options: {
  readonly connection: Pick<ConvosConnection, "queue" | "whenSent">;
  readonly onSent: () => void;
  /** May this message still leave? The conversation may have been closed since the agent began to answer. */
  readonly mayLeave: (body: ConvosMessageBody) => Promise<boolean>;
  /** Aborts when nobody can wait for the network any longer: the account is stopping. */
  readonly giveUp: AbortSignal;
  readonly waitMs?: number;
}): OutboxTransport<ConvosMessageBody> {
  const { connection, giveUp, mayLeave, onSent, waitMs = SENT_WAIT_MS } = options;
  return {
    send: async (body, context) => {
      const key = Buffer.from(context.messageId(KEY_BYTES)).toString("hex");
      if (!(await mayLeave(body))) {
        throw new PlatformMessageNotDispatchedError("convos: nobody may be answered there now", {
          cause: undefined,
          retryable: false,
        });
      }
      context.assertHandoff();
      try {
        await connection.queue(body, key);
      } catch (error) {
        throw mapSendError(error);
      }
      const signal = AbortSignal.any([context.signal, giveUp, AbortSignal.timeout(waitMs)]);
      const nativeId = await untilSent(connection, body.to, key, signal);
      onSent();
      return { nativeId };
    },
  };
}

/** @throws ConvosChannelError `not_stored_yet`: perhaps sent later; the same key keeps it one message. */
async function untilSent(
  connection: Pick<ConvosConnection, "whenSent">,
  conversationId: string,
  key: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await connection.whenSent(conversationId, key, signal);
  } catch (cause) {
    // It failed for good, or the conversation is over.
    if (readCode(cause) === "not_allowed") throw mapSendError(cause);
    throw new ConvosChannelError(
      "not_stored_yet",
      "convos: the network has not taken the message yet; it stays queued and goes out by itself",
      { cause },
    );
  }
}

/** OpenClaw's way to send: every text goes through the account's outbox. */
export const convosMessageAdapter = createDurableMessageAdapter<ConvosMessageBody>({
  channelId: CHANNEL_ID,
  findOutbox: (accountId): Outbox<ConvosMessageBody> | undefined =>
    findLiveAccount(accountId)?.outbox,
  createBody: ({ gatewayClientScopes, replyToId, text, to }) => {
    const target = tryParseConversationId(to);
    if (target === undefined) {
      throw new PlatformMessageNotDispatchedError("convos: the target is not a conversation id", {
        cause: undefined,
        retryable: false,
      });
    }
    const body = createMessageBody(target, text, replyToId);
    // The host names the rights of the operator's client, e.g. of `openclaw message send`; an answer has none.
    const isOperators = (gatewayClientScopes ?? []).length > 0;
    return { target, body: isOperators ? { ...body, purpose: "operator" } : body };
  },
  canReplyTo: true,
});

/** How the host prepares text for this channel. Only the gateway sends: the CLI must not open the account's state. */
export const convosOutboundAdapter: ChannelOutboundAdapter = {
  deliveryMode: "gateway",
  chunker: (text, limit) => splitText(text, limit),
  chunkerMode: "text",
  textChunkLimit: BUBBLE_CHARACTERS,
  sanitizeText: ({ text }) => toPlainText(text),
  resolveTarget: ({ to }) => {
    try {
      return { ok: true, to: formatConversationTarget(parseConversationId(to ?? "")) };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
    }
  },
  deliveryCapabilities: {
    durableFinal: {
      text: true,
      replyTo: true,
      messageSendingHooks: true,
      reconcileUnknownSend: true,
    },
  },
};
