// Text out: plain, in pieces that read well, once each. Where the message goes and what it says is fixed when the host
// hands it over; the outbox keeps it until the relay has it.
import { createDurableMessageAdapter, type Outbox, type OutboxTransport } from "channel-durability";
import { TEXT_CHUNK_CHARACTERS, toPlainText } from "channel-kit";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import type { ChannelOutboundAdapter } from "openclaw/plugin-sdk/channel-send-result";
import type { GossipConnection } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError, readCode } from "./errors.ts";
import { mapSendError } from "./send-errors.ts";
import { createMessageBody, MESSAGE_ID_BYTES, type GossipMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { findLiveAccount } from "./runtime.ts";
import { formatGossipTarget, parseGossipId, tryParseGossipId } from "./targets.ts";

/** How long a send waits for the relay to take the message. It stays queued afterwards. */
const STORED_WAIT_MS = 20_000;

/** Sends through the protocol client, which has the message on disk before the first byte leaves. */
export function createGossipTransport(options: {
  readonly connection: Pick<GossipConnection, "queueBody" | "whenStored">;
  readonly onSent: () => void;
  /** May this message still leave? The person may have lost access since the agent began to answer. */
  readonly mayLeave?: (body: GossipMessageBody) => Promise<boolean>;
  /** Aborts when nobody can wait for the relay any longer: the account is stopping. */
  readonly giveUp: AbortSignal;
  readonly waitMs?: number;
}): OutboxTransport<GossipMessageBody> {
  const { connection, giveUp, onSent, waitMs = STORED_WAIT_MS } = options;
  return {
    send: async (body, context) => {
      const messageId = context.messageId(MESSAGE_ID_BYTES);
      await assertMayLeave(body, options.mayLeave);
      context.assertHandoff();
      try {
        await connection.queueBody(body, messageId);
      } catch (error) {
        throw mapSendError(error);
      }
      const signal = AbortSignal.any([context.signal, giveUp, AbortSignal.timeout(waitMs)]);
      await waitUntilStored(connection, body.to, messageId, signal);
      onSent();
      return { nativeId: Buffer.from(messageId).toString("hex") };
    },
  };
}

/** @throws PlatformMessageNotDispatchedError for somebody who may not be answered, or of whom nobody can say so now. */
async function assertMayLeave(
  body: GossipMessageBody,
  mayLeave: ((body: GossipMessageBody) => Promise<boolean>) | undefined,
): Promise<void> {
  // Codes go to people who may not be answered, and the operator writes to whom he likes.
  if (body.purpose !== "message" || mayLeave === undefined) return;
  let isAllowed: boolean;
  try {
    isAllowed = await mayLeave(body);
  } catch (cause) {
    throw new PlatformMessageNotDispatchedError("gossip: access could not be asked for", { cause });
  }
  if (!isAllowed) {
    throw new PlatformMessageNotDispatchedError("gossip: the person may not be answered any more", {
      cause: undefined,
      retryable: false,
    });
  }
}

/** @throws GossipChannelError `not_stored_yet`: perhaps sent later; the same message id keeps it one message. */
async function waitUntilStored(
  connection: Pick<GossipConnection, "whenStored">,
  to: string,
  messageId: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  try {
    await connection.whenStored(to, messageId, signal);
  } catch (cause) {
    if (readCode(cause) === "refused_by_relay") throw mapSendError(cause);
    throw new GossipChannelError(
      "not_stored_yet",
      "gossip: the relay has not taken the message yet; it stays queued and goes out by itself",
      { cause },
    );
  }
}

/** OpenClaw's way to send: every text goes through the account's outbox. */
export const gossipMessageAdapter = createDurableMessageAdapter<GossipMessageBody>({
  channelId: CHANNEL_ID,
  findOutbox: (accountId): Outbox<GossipMessageBody> | undefined =>
    findLiveAccount(accountId)?.outbox,
  createBody: ({ gatewayClientScopes, replyToId, text, to }) => {
    const target = tryParseGossipId(to);
    if (target === undefined) {
      throw new PlatformMessageNotDispatchedError("gossip: the target is not a Gossip user id", {
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
export const gossipOutboundAdapter: ChannelOutboundAdapter = {
  deliveryMode: "gateway",
  chunker: (text, limit) => splitText(text, limit),
  chunkerMode: "text",
  textChunkLimit: TEXT_CHUNK_CHARACTERS,
  sanitizeText: ({ text }) => toPlainText(text),
  resolveTarget: ({ to }) => {
    try {
      return { ok: true, to: formatGossipTarget(parseGossipId(to ?? "")) };
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
