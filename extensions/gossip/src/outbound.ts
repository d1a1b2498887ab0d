// Text out: plain, in pieces that read well, once each. Where the message goes and what it says is fixed when the host
// hands it over; the outbox keeps it until the relay has it.
import { createDurableMessageAdapter, type Outbox, type OutboxTransport } from "channel-durability";
import {
  createClientTransport,
  createOutboundAdapter,
  TEXT_CHUNK_CHARACTERS,
  type TransportOptions,
} from "channel-kit";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import type { GossipConnection } from "./client.ts";
import { CHANNEL_ID, GOSSIP } from "./config-schema.ts";
import { readCode } from "./errors.ts";
import { mapSendError } from "./send-errors.ts";
import { createMessageBody, MESSAGE_ID_BYTES, type GossipMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { findLiveAccount } from "./runtime.ts";
import { formatGossipTarget, parseGossipId, tryParseGossipId } from "./targets.ts";

/** Sends through the protocol client, see {@link createClientTransport}. */
export function createGossipTransport({
  connection,
  mayLeave,
  isNamed,
  ...options
}: Omit<TransportOptions<GossipMessageBody>, "mayLeave"> & {
  readonly connection: Pick<GossipConnection, "queueBody" | "whenStored">;
  /** May this message still leave? The person may have lost access since the agent began to answer. */
  readonly mayLeave?: (body: GossipMessageBody) => Promise<boolean>;
  /** Did the operator let in this person? An answer to anybody else opens no conversation. Default: everybody. */
  readonly isNamed?: (userId: string) => Promise<boolean>;
}): OutboxTransport<GossipMessageBody> {
  return createClientTransport(
    {
      names: GOSSIP,
      messageIdBytes: MESSAGE_ID_BYTES,
      queue: async (body, messageId) => {
        const isToStranger = body.purpose === "message" && (await isNamed?.(body.to)) === false;
        await connection.queueBody(
          isToStranger ? { ...body, purpose: "stranger" } : body,
          messageId,
        );
      },
      whenSent: async (body, messageId, signal) => {
        await connection.whenStored(body.to, messageId, signal);
        return Buffer.from(messageId).toString("hex");
      },
      mapSendError,
      isRefusal: (error) => readCode(error) === "refused_by_relay",
    },
    {
      ...options,
      // Codes go to people who may not be answered, and the operator writes to whom he likes.
      mayLeave: (body) => body.purpose !== "message" || mayLeave === undefined || mayLeave(body),
    },
  );
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

/** How the host prepares text for this channel. */
export const gossipOutboundAdapter = createOutboundAdapter({
  splitText,
  textChunkLimit: TEXT_CHUNK_CHARACTERS,
  parseTarget: (to) => formatGossipTarget(parseGossipId(to)),
  media: false,
});
