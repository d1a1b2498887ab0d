import {
  createMessageReceiptFromOutboundResults,
  defineChannelMessageAdapter,
  type ChannelMessageAdapterShape,
  type ChannelMessageSendResult,
  type ChannelMessageSendTextContext,
  type ChannelMessageUnknownSendContext,
  type ChannelMessageUnknownSendReconciliationResult,
} from "openclaw/plugin-sdk/channel-outbound";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { ChannelDurabilityError } from "./errors.ts";
import type { Outbox } from "./outbox-contract.ts";

export interface DurableMessageAdapterOptions<TBody> {
  readonly channelId: string;
  /** The account's outbox while the account runs, else `undefined`. The host asks even when no account is started. */
  findOutbox(accountId: string | undefined): Outbox<TBody> | undefined;
  /**
   * Turns the host's text into what the transport sends, and names the conversation it goes to. A target that
   * cannot exist is refused by throwing the host's `PlatformMessageNotDispatchedError` with `retryable: false`.
   */
  createBody(context: ChannelMessageSendTextContext): {
    readonly target: string;
    readonly body: TBody;
  };
  /** True when the transport can answer a certain message. */
  readonly canReplyTo?: boolean;
}

/**
 * The plugin's `message` adapter: sends text through the outbox and answers the host's question about sends it
 * lost track of. Declares `reconcileUnknownSend`, without which the host gives sends no queue id and drops a ready
 * reply when it dies before the send.
 */
export function createDurableMessageAdapter<TBody>(
  options: DurableMessageAdapterOptions<TBody>,
): ChannelMessageAdapterShape {
  const { channelId } = options;
  return defineChannelMessageAdapter({
    id: channelId,
    durableFinal: {
      capabilities: {
        text: true,
        messageSendingHooks: true,
        reconcileUnknownSend: true,
        ...(options.canReplyTo === true ? { replyTo: true } : {}),
      },
      automaticUnknownSendReconciliation: true,
      reconcileUnknownSendKinds: { text: true },
      reconcileUnknownSend: (context) => reconcile(options, context),
      afterUnknownSendTerminal: (context) => {
        options.findOutbox(context.accountId ?? undefined)?.forget(context.queueId);
      },
    },
    send: { text: (context) => sendText(options, context) },
  });
}

async function sendText<TBody>(
  options: DurableMessageAdapterOptions<TBody>,
  context: ChannelMessageSendTextContext,
): Promise<ChannelMessageSendResult> {
  const outbox = options.findOutbox(context.accountId ?? undefined);
  if (outbox === undefined) {
    throw notRunning(options.channelId, undefined);
  }
  const { target, body } = options.createBody(context);
  const { deliveryQueueId: queueId } = context;
  try {
    const { nativeId } =
      queueId === undefined
        ? await outbox.sendBestEffort(body, context)
        : await outbox.send(
            {
              queueId,
              partIndex: context.deliveryPartIndex ?? 0,
              partCount: context.deliveryPartCount,
              target,
              body,
            },
            context,
          );
    return createResult(options.channelId, [nativeId], target, context.replyToId);
  } catch (error) {
    // Closed before anything was tried: the account stopped between the look-up and the send.
    throw error instanceof ChannelDurabilityError && error.code === "closed"
      ? notRunning(options.channelId, error)
      : error;
  }
}

async function reconcile<TBody>(
  options: DurableMessageAdapterOptions<TBody>,
  context: ChannelMessageUnknownSendContext,
): Promise<ChannelMessageUnknownSendReconciliationResult> {
  const outbox = options.findOutbox(context.accountId ?? undefined);
  if (outbox === undefined) {
    // The host recovers seconds after its start, perhaps before the account is up.
    return { status: "unresolved", error: "the account is not running", retryable: true };
  }
  const outcome = await outbox.reconcile(context.queueId);
  return outcome.status === "sent"
    ? {
        status: "sent",
        ...createResult(options.channelId, outcome.nativeIds, outcome.target, context.replyToId),
      }
    : outcome;
}

function createResult(
  channelId: string,
  nativeIds: readonly string[],
  target: string,
  replyToId: string | null | undefined,
): ChannelMessageSendResult {
  const receipt = createMessageReceiptFromOutboundResults({
    results: nativeIds.map((messageId) => ({
      channel: channelId,
      messageId,
      conversationId: target,
    })),
    kind: "text",
    ...(typeof replyToId === "string" ? { replyToId } : {}),
  });
  const [messageId] = nativeIds;
  return { receipt, ...(messageId === undefined ? {} : { messageId }) };
}

function notRunning(channelId: string, cause: unknown): PlatformMessageNotDispatchedError {
  return new PlatformMessageNotDispatchedError(`${channelId}: the account is not running`, {
    cause,
  });
}
