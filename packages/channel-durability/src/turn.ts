import {
  resolveChannelInboundRouteEnvelope,
  type BuildChannelInboundEventContextParams,
  type BuiltChannelInboundEventContext,
  type ChannelInboundEventRunnerParams,
  type ChannelInboundTurnPlan,
} from "openclaw/plugin-sdk/channel-inbound";
import type {
  ChannelIngressContextBinding,
  ResolvedChannelMessageIngress,
} from "openclaw/plugin-sdk/channel-ingress-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveThreadSessionKeys } from "openclaw/plugin-sdk/routing";
import {
  bindIngressLifecycleToReplyOptions,
  type ChannelIngressMonitorLifecycle,
} from "openclaw/plugin-sdk/channel-outbound";

/** The part of the host's channel runtime (`PluginRuntime["channel"]`) that a turn needs. */
export interface TurnRuntime {
  readonly inbound: {
    buildContext(params: BuildChannelInboundEventContextParams): BuiltChannelInboundEventContext;
    run(params: ChannelInboundEventRunnerParams<TurnMessage>): Promise<{
      readonly dispatched: boolean;
      readonly admission: { readonly kind: string };
    }>;
  };
  /** Absent in a host that keeps its dispatcher to itself; the turn then uses the host's default. */
  readonly reply?: {
    readonly dispatchReplyFromConfig?: ChannelInboundTurnPlan["dispatchReplyFromConfig"];
  };
}

/** One message of a person, as it reaches the agent. */
export interface TurnMessage {
  /** The platform's message id. */
  readonly id: string;
  readonly timestampMs: number;
  readonly text: string;
  /** Message that the answer is attached to; the host hands it back as `replyToId` of the send. */
  readonly replyToId?: string;
  readonly media?: NonNullable<BuildChannelInboundEventContextParams["media"]>;
  /** In groups: whether and how the agent was mentioned. */
  readonly mentions?: NonNullable<BuildChannelInboundEventContextParams["access"]>["mentions"];
  /** Quoted or forwarded text, which the host labels as untrusted. */
  readonly supplemental?: NonNullable<BuildChannelInboundEventContextParams["supplemental"]>;
}

export interface TurnOptions {
  readonly cfg: OpenClawConfig;
  readonly channelId: string;
  /** Name of the channel in the envelope that the agent sees. */
  readonly channelLabel: string;
  readonly accountId: string;
  readonly runtime: TurnRuntime;
  readonly message: TurnMessage;
  readonly sender: { readonly id: string; readonly name?: string; readonly isBot?: boolean };
  readonly conversation: {
    readonly kind: "direct" | "group";
    readonly id: string;
    readonly label?: string;
  };
  /** Gives this conversation a session of its own from here on, as the host has one for a thread. */
  readonly sessionThread?: string;
  /** Where the answer goes; arrives unchanged as `to` of the message adapter. */
  readonly to: string;
  /**
   * Says whose question is answered where several people share a conversation. The message adapter gets it as `threadId`
   * with every final answer, also after a crash; so only for a protocol without threads.
   */
  readonly answerTag?: string;
  /**
   * Decides access again, for the agent and session now chosen, and gives the host's result exactly as it is;
   * `undefined` when the sender is not allowed any more. The gate of channel-access has it as `bind`.
   */
  resolveIngress(
    binding: ChannelIngressContextBinding,
  ): Promise<ResolvedChannelMessageIngress | undefined>;
  /** The queue's hold on the event: released for good when the host has adopted the turn. */
  readonly lifecycle: ChannelIngressMonitorLifecycle;
  /** Ends the agent's run at once when it aborts, adopted or not: the sender lost access. */
  readonly signal?: AbortSignal;
  /** A turn that the host put behind a running one has come to its end. */
  onSettled?(): void;
  /** Sends what is not a final answer (blocks, tool notices). These have no queue id and are best effort. */
  deliver: ChannelInboundTurnPlan["delivery"]["deliver"];
  onError(error: unknown, stage: "record" | "delivery"): void;
  /** Shows the other side that the agent works; OpenClaw starts it, keeps it up, and stops it however the turn ends. */
  readonly typing?: NonNullable<NonNullable<ChannelInboundTurnPlan["replyPipeline"]>["typing"]>;
  /** The sender is a bot: the host counts how often the two write to each other, and ends what is a loop. */
  readonly botLoopProtection?: NonNullable<ChannelInboundTurnPlan["botLoopProtection"]>;
  /** Extra fields of the host's message context, such as `GroupSubject`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** `refused`: access was lost meanwhile. `not_dispatched`: the host took the message without starting a turn. */
export type TurnOutcome =
  | { readonly kind: "dispatched" }
  | { readonly kind: "not_dispatched"; readonly admission: string }
  | { readonly kind: "refused" };

/**
 * Runs one message through the agent: the one path for direct messages and groups.
 *
 * Final answers are delivered durably, with proof required (`reconcileUnknownSend`), so that a crash between
 * answer and send neither loses nor doubles them. The lifecycle goes into the reply options: the queue row gets its
 * tombstone when the host has made the turn durable, not when the answer is out.
 *
 * @throws What the host throws before it adopted the turn; let it pass, the queue tries again.
 */
export async function runTurn(options: TurnOptions): Promise<TurnOutcome> {
  const { accountId, cfg, channelId, conversation, lifecycle, message, runtime } = options;
  const peer = { kind: conversation.kind, id: conversation.id };
  const { route, buildEnvelope } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: channelId,
    accountId,
    peer,
  });
  const { sessionKey } = resolveThreadSessionKeys({
    baseSessionKey: route.sessionKey,
    threadId: options.sessionThread ?? null,
  });
  const channelIngress = await options.resolveIngress({
    agentId: route.agentId,
    sessionKey,
    messageId: message.id,
    inboundEventKind: "user_request",
  });
  if (channelIngress === undefined) {
    return { kind: "refused" };
  }
  const ctxPayload = runtime.inbound.buildContext({
    channel: channelId,
    accountId,
    messageId: message.id,
    timestamp: message.timestampMs,
    from: options.to,
    sender: options.sender,
    conversation: { ...conversation, routePeer: peer },
    route: {
      agentId: route.agentId,
      accountId: route.accountId,
      routeSessionKey: sessionKey,
      dispatchSessionKey: sessionKey,
    },
    reply: {
      to: options.to,
      originatingTo: options.to,
      ...(message.replyToId === undefined ? {} : { replyToId: message.replyToId }),
    },
    message: {
      body: buildEnvelope({
        channel: options.channelLabel,
        from: conversation.label ?? options.sender.name ?? options.sender.id,
        body: message.text,
        timestamp: message.timestampMs,
      }),
      bodyForAgent: message.text,
      rawBody: message.text,
      commandBody: message.text,
    },
    access: {
      commands: { authorized: channelIngress.commandAccess.authorized },
      ...(message.mentions === undefined ? {} : { mentions: message.mentions }),
    },
    channelIngress,
    ...(message.media === undefined ? {} : { media: message.media }),
    ...(message.supplemental === undefined ? {} : { supplemental: message.supplemental }),
    extra: {
      ...(conversation.kind === "direct" ? { NativeDirectUserId: conversation.id } : {}),
      ...options.extra,
    },
  });
  const dispatchReplyFromConfig = runtime.reply?.dispatchReplyFromConfig;
  const result = await runtime.inbound.run({
    channel: channelId,
    accountId,
    raw: message,
    adapter: {
      ingest: (raw) => ({
        id: raw.id,
        timestamp: raw.timestampMs,
        rawText: raw.text,
        raw,
      }),
      resolveTurn: () => ({
        cfg,
        channel: channelId,
        accountId,
        route: { agentId: route.agentId, sessionKey },
        ctxPayload,
        ...(dispatchReplyFromConfig === undefined ? {} : { dispatchReplyFromConfig }),
        ...(options.botLoopProtection === undefined
          ? {}
          : { botLoopProtection: options.botLoopProtection }),
        record: { onRecordError: (error) => options.onError(error, "record") },
        delivery: {
          deliver: (payload, info) => options.deliver(payload, info),
          durable: (_payload, info) =>
            info.kind === "final"
              ? {
                  to: options.to,
                  ...(options.answerTag === undefined ? {} : { threadId: options.answerTag }),
                  requiredCapabilities: { text: true, reconcileUnknownSend: true },
                }
              : false,
          onError: (error) => options.onError(error, "delivery"),
        },
        replyPipeline: options.typing === undefined ? {} : { typing: options.typing },
        replyOptions: {
          turnAdoptionLifecycle: {
            ...bindIngressLifecycleToReplyOptions(lifecycle).turnAdoptionLifecycle,
            onSettled: () => options.onSettled?.(),
          },
          ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
        },
      }),
    },
  });
  return result.dispatched
    ? { kind: "dispatched" }
    : { kind: "not_dispatched", admission: result.admission.kind };
}
