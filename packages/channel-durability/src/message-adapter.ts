import {
  createMessageReceiptFromOutboundResults,
  defineChannelMessageAdapter,
  type ChannelMessageAdapterShape,
  type ChannelMessageSendMediaContext,
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
  /** The same for a file, which is loaded here; absent when the transport takes no files. */
  readonly createMediaBody?: (
    context: ChannelMessageSendMediaContext,
  ) => Promise<{ readonly target: string; readonly body: TBody }>;
  /** True when the transport can answer a certain message. */
  readonly canReplyTo?: boolean;
  /** True when `createBody` keeps the `threadId` that comes with a text, see `answerTag` of a turn. */
  readonly keepsThreadId?: boolean;
}

/**
 * The plugin's `message` adapter: sends text through the outbox and answers the host's question about sends it
 * lost track of. Declares `reconcileUnknownSend`, without which the host gives sends no queue id and drops a ready
 * reply when it dies before the send.
 */
export function createDurableMessageAdapter<TBody>(
  options: DurableMessageAdapterOptions<TBody>,
): ChannelMessageAdapterShape {
  const { channelId, createMediaBody } = options;
  const takesMedia = createMediaBody !== undefined;
  return defineChannelMessageAdapter({
    id: channelId,
    durableFinal: {
      capabilities: {
        text: true,
        messageSendingHooks: true,
        reconcileUnknownSend: true,
        ...(takesMedia ? { media: true } : {}),
        ...(options.canReplyTo === true ? { replyTo: true } : {}),
        ...(options.keepsThreadId === true ? { thread: true } : {}),
      },
      automaticUnknownSendReconciliation: true,
      reconcileUnknownSendKinds: { text: true, ...(takesMedia ? { media: true } : {}) },
      reconcileUnknownSend: (context) => reconcile(options, context),
      afterUnknownSendTerminal: (context) => {
        options.findOutbox(context.accountId ?? undefined)?.forget(context.queueId);
      },
    },
    send: {
      text: (context) =>
        send(options, context, "text", () => Promise.resolve(options.createBody(context))),
      ...(createMediaBody === undefined
        ? {}
        : {
            media: (context: ChannelMessageSendMediaContext) =>
              send(options, context, "media", () => createMediaBody(context)),
          }),
    },
  });
}

async function send<TBody>(
  options: DurableMessageAdapterOptions<TBody>,
  context: ChannelMessageSendTextContext,
  kind: "text" | "media",
  createBody: () => Promise<{ readonly target: string; readonly body: TBody }>,
): Promise<ChannelMessageSendResult> {
  const outbox = options.findOutbox(context.accountId ?? undefined);
  if (outbox === undefined) {
    throw notRunning(options.channelId, undefined);
  }
  const { target, body } = await createBody();
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
    return createResult(options.channelId, { kind, target }, [nativeId], context.replyToId);
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
        ...createResult(
          options.channelId,
          { kind: "text", target: outcome.target },
          outcome.nativeIds,
          context.replyToId,
        ),
      }
    : outcome;
}

function createResult(
  channelId: string,
  { kind, target }: { readonly kind: "text" | "media"; readonly target: string },
  nativeIds: readonly string[],
  replyToId: string | null | undefined,
): ChannelMessageSendResult {
  const receipt = createMessageReceiptFromOutboundResults({
    results: nativeIds.map((messageId) => ({
      channel: channelId,
      messageId,
      conversationId: target,
    })),
    kind,
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
