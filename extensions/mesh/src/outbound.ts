// Text out: plain, in pieces that read well, once each. Where the message goes and what it says is fixed when the host
// hands it over; the outbox keeps it until the peer has it on its own disk, from where it leaves.
import { createDurableMessageAdapter, type Outbox, type OutboxTransport } from "channel-durability";
import {
  createClientTransport,
  createOutboundAdapter,
  TEXT_CHUNK_CHARACTERS,
  toPlainText,
  type TransportOptions,
} from "channel-kit";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { resolveMeshAccount } from "./accounts.ts";
import type { MeshConnection } from "./client.ts";
import { CHANNEL_ID, MESH } from "./config-schema.ts";
import { createMessageBody, toAsker, type MeshMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { findLiveAccount } from "./runtime.ts";
import { mapSendError } from "./send-errors.ts";
import { findTarget, formatTarget, parseTarget } from "./targets.ts";

/** Of the ids under which the protocol client keeps one message one. */
const KEY_BYTES = 16;

/** Sends through the protocol client, see {@link createClientTransport}. */
export function createMeshTransport({
  connection,
  noteSent,
  ...options
}: TransportOptions<MeshMessageBody> & {
  readonly connection: Pick<MeshConnection, "send">;
  /** Told the id under which others know a message of ours. */
  readonly noteSent: (to: string, messageId: string) => void;
}): OutboxTransport<MeshMessageBody> {
  const send = (body: MeshMessageBody, messageId: Uint8Array): Promise<string> =>
    connection.send(body, Buffer.from(messageId).toString("hex"));
  return createClientTransport(
    {
      names: MESH,
      messageIdBytes: KEY_BYTES,
      queue: async (body, messageId) => {
        await send(body, messageId);
      },
      // It is on the disk of the peer, and goes to whoever wants it, now or later: the mesh confirms nothing.
      whenSent: async (body, messageId) => {
        const id = await send(body, messageId);
        noteSent(body.to, id);
        return id;
      },
      mapSendError,
      isRefusal: () => false,
    },
    options,
  );
}

/** OpenClaw's way to send: every text goes through the account's outbox. */
export const meshMessageAdapter = createDurableMessageAdapter<MeshMessageBody>({
  channelId: CHANNEL_ID,
  findOutbox: (accountId): Outbox<MeshMessageBody> | undefined =>
    findLiveAccount(accountId)?.outbox,
  createBody: (context) => {
    const target = demandTarget(context);
    const body = createMessageBody(target, context.text, context.replyToId);
    return { target, body: { ...body, ...whyOf(context, target) } };
  },
  createMediaBody: async (context) => {
    const target = demandTarget(context);
    const body = createMessageBody(target, toPlainText(context.text), context.replyToId);
    // The host's media rooms are large, and most messages are texts.
    const { loadOutgoing } = await import("./load-outgoing.ts");
    const file = await loadOutgoing(context);
    return { target, body: { ...body, ...whyOf(context, target), file } };
  },
  canReplyTo: true,
  keepsThreadId: true,
});

/** What the host says about a send. */
interface SendReason {
  /** The rights of the operator's client, e.g. of `openclaw message send`; an answer has none. */
  readonly gatewayClientScopes?: readonly string[] | undefined;
  /** The mesh has no threads: with an answer in a channel this is the peer who asked. */
  readonly threadId?: string | number | null | undefined;
}

function whyOf(
  { gatewayClientScopes = [], threadId }: SendReason,
  target: string,
): Pick<MeshMessageBody, "askedBy" | "purpose"> {
  return {
    purpose: gatewayClientScopes.length > 0 ? "operator" : "message",
    ...toAsker(target, typeof threadId === "string" ? threadId : undefined),
  };
}

/**
 * An answer of a turn that had waited behind another one is routed by the host, which then knows the message that it
 * answers: from that comes who asked.
 */
const resolveReplyTransport: NonNullable<
  NonNullable<ChannelPlugin["threading"]>["resolveReplyTransport"]
> = ({ accountId, currentMessageId }) => {
  const askedBy =
    currentMessageId === undefined
      ? undefined
      : findLiveAccount(accountId)?.askerOf(currentMessageId);
  return askedBy === undefined ? null : { threadId: askedBy };
};

export const meshThreadingAdapter = { resolveReplyTransport };

/** @throws PlatformMessageNotDispatchedError for what may not be written to. */
function demandTarget({
  accountId,
  cfg,
  to,
}: {
  readonly cfg: OpenClawConfig;
  readonly accountId?: string | null | undefined;
  readonly to: string;
}): string {
  const target = findTarget(resolveMeshAccount(cfg, accountId), to);
  if (target !== undefined) return target.id;
  throw new PlatformMessageNotDispatchedError(
    `mesh: the target is neither a peer id nor one of channels.${CHANNEL_ID}.channels`,
    { cause: undefined, retryable: false },
  );
}

/** How the host prepares text for this channel. */
export const meshOutboundAdapter = createOutboundAdapter({
  splitText,
  textChunkLimit: TEXT_CHUNK_CHARACTERS,
  parseTarget: (to) => formatTarget(parseTarget(to).id),
  media: true,
  thread: true,
});
