// Text out: plain, in pieces that a phone likes, once each. Where the message goes and what it says is fixed when the host
// hands it over; the outbox keeps it until the network has it.
import { createDurableMessageAdapter, type Outbox, type OutboxTransport } from "channel-durability";
import {
  createClientTransport,
  createOutboundAdapter,
  toPlainText,
  type TransportOptions,
} from "channel-kit";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import type { ConvosConnection } from "./client.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { readCode } from "./errors.ts";
import { mapSendError } from "./send-errors.ts";
import { createMessageBody, toAsker, type ConvosMessageBody } from "./message-body.ts";
import { BUBBLE_CHARACTERS, splitText } from "./plain-text.ts";
import { findLiveAccount } from "./runtime.ts";
import {
  formatConversationTarget,
  parseConversationId,
  tryParseConversationId,
  tryParseTarget,
} from "./targets.ts";

/** Of the ids under which the protocol client keeps one message one. */
export const KEY_BYTES = 16;

/** Sends through the protocol client, see {@link createClientTransport}. */
export function createConvosTransport({
  connection,
  ...options
}: TransportOptions<ConvosMessageBody> & {
  readonly connection: Pick<ConvosConnection, "queue" | "whenSent">;
}): OutboxTransport<ConvosMessageBody> {
  return createClientTransport(
    {
      names: CONVOS,
      messageIdBytes: KEY_BYTES,
      queue: (body, messageId) => connection.queue(body, toKey(messageId)),
      whenSent: (body, messageId, signal) => connection.whenSent(body, toKey(messageId), signal),
      mapSendError,
      // It failed for good, or the conversation is over.
      isRefusal: (error) => readCode(error) === "not_allowed",
    },
    options,
  );
}

/** The client's key of a message. */
export function toKey(messageId: Uint8Array): string {
  return Buffer.from(messageId).toString("hex");
}

/** OpenClaw's way to send: every text goes through the account's outbox. */
export const convosMessageAdapter = createDurableMessageAdapter<ConvosMessageBody>({
  channelId: CHANNEL_ID,
  findOutbox: (accountId): Outbox<ConvosMessageBody> | undefined =>
    findLiveAccount(accountId)?.outbox,
  createBody: (context) => {
    const target = demandTarget(context.to);
    const body = createMessageBody(target, context.text, context.replyToId);
    return { target, body: { ...body, ...whyOf(context) } };
  },
  createMediaBody: async (context) => {
    const target = demandTarget(context.to);
    const { text, ...head } = createMessageBody(
      target,
      toPlainText(context.text),
      context.replyToId,
    );
    // The host's media rooms are large, and most messages are texts.
    const { loadOutgoing } = await import("./load-outgoing.ts");
    const file = await loadOutgoing(context);
    return { target, body: { ...head, ...whyOf(context), file, text } };
  },
  canReplyTo: true,
  keepsThreadId: true,
});

/** What the host says about a send. */
interface SendReason {
  /** The rights of the operator's client, e.g. of `openclaw message send`; an answer has none. */
  readonly gatewayClientScopes?: readonly string[] | undefined;
  /** Convos has no threads: with an answer this is the inbox id of the one who asked. */
  readonly threadId?: string | number | null | undefined;
}

function whyOf({
  gatewayClientScopes = [],
  threadId,
}: SendReason): Pick<ConvosMessageBody, "askedBy" | "purpose"> {
  return {
    purpose: gatewayClientScopes.length > 0 ? "operator" : "message",
    ...toAsker(typeof threadId === "string" ? threadId : undefined),
  };
}

/**
 * An answer of a turn that had waited behind another one is routed by the host, which then knows the message that it
 * answers: from that comes who asked.
 */
export const convosThreadingAdapter: NonNullable<ChannelPlugin["threading"]> = {
  resolveReplyTransport: ({ accountId, currentMessageId }) => {
    const askedBy =
      currentMessageId === undefined
        ? undefined
        : findLiveAccount(accountId)?.askerOf(currentMessageId);
    return askedBy === undefined ? null : { threadId: askedBy };
  },
};

/** @throws PlatformMessageNotDispatchedError for what is no conversation. */
function demandTarget(to: string): string {
  const target = tryParseConversationId(to);
  if (target !== undefined) return target;
  throw new PlatformMessageNotDispatchedError("convos: the target is not a conversation id", {
    cause: undefined,
    retryable: false,
  });
}

/** How the host prepares text for this channel. */
export const convosOutboundAdapter = createOutboundAdapter({
  splitText,
  textChunkLimit: BUBBLE_CHARACTERS,
  parseTarget: (to) => formatConversationTarget(parseConversationId(to), tryParseTarget(to)?.kind),
  media: true,
  thread: true,
});
