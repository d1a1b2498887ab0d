// What happens to one stored fact: asked whether its sender may, then handed to the agent or answered with a code.
import type { PairingDesk, WaitingSenders } from "channel-access";
import type { Outbox, TurnOptions } from "channel-durability";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { removeAckReactionHandleAfterReply } from "openclaw/plugin-sdk/channel-feedback";
import { resolveGossipAccount } from "./accounts.ts";
import { startAckReaction } from "./ack-reaction.ts";
import { dispatchMessage, dispatchNotice } from "./dispatch.ts";
import type { GossipGate } from "./gate.ts";
import type { InboundFacts, InboundMessage } from "./inbound.ts";
import { createMessageBody, type GossipMessageBody } from "./message-body.ts";
import { splitText, toPlainText } from "./plain-text.ts";
import { createChatStrings } from "./strings.ts";

export interface InboundHandlerOptions {
  readonly accountId: string;
  readonly gate: GossipGate;
  readonly desk: PairingDesk;
  readonly waiting: Pick<WaitingSenders, "wroteWhileWaiting">;
  readonly outbox: Pick<Outbox<GossipMessageBody>, "find" | "send" | "sendBestEffort">;
  readonly turnRuntime: TurnOptions["runtime"];
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  /** Tells the protocol client to keep a conversation beyond the day that it gives to strangers. */
  readonly trust: (userId: string) => void;
  readonly readConfig: () => OpenClawConfig;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Makes the handler that the durable queue calls for each fact. Returning means the fact is dealt with; throwing means
 * again later, for instance when the approvals could not be read: not knowing is not a no for good.
 */
export function createInboundHandler(options: InboundHandlerOptions) {
  const { accountId, gate, readConfig } = options;
  return async (facts: InboundFacts, lifecycle: TurnOptions["lifecycle"]): Promise<void> => {
    const decision = await gate.decide(facts);
    if (decision.kind === "pairing") return await challenge(facts, options);
    if (decision.kind !== "allow") return;
    if (options.waiting.wroteWhileWaiting(facts.peer, facts.arrivedAtMs)) return;
    // Whoever may talk and does gets the attention of a known person: quick polls, keep-alives, renewals. Under an open
    // policy too, where a conversation would otherwise end after a day; a bare request or a reaction is not enough.
    if (facts.kind === "message") options.trust(facts.peer);
    if (facts.kind === "message") return await runMessage(facts, lifecycle, options);
    if (facts.kind === "contact") return;
    dispatchNotice({ notice: facts, cfg: readConfig(), accountId, system: options.system });
  };
}

async function challenge(facts: InboundFacts, options: InboundHandlerOptions): Promise<void> {
  const name = "name" in facts ? facts.name : undefined;
  const { strings } = resolveGossipAccount(options.readConfig(), options.accountId);
  await options.desk.challenge({
    senderId: facts.peer,
    senderIdLine: createChatStrings(strings).senderIdLine(facts.peer),
    ...(name === undefined ? {} : { meta: { name } }),
    sendReply: async (text, noticeId) => {
      const body = createMessageBody(facts.peer, toPlainText(text));
      await options.outbox.send({
        queueId: noticeId,
        partIndex: 0,
        target: facts.peer,
        body: { ...body, purpose: "pairing" },
      });
    },
  });
}

async function runMessage(
  message: InboundMessage,
  lifecycle: TurnOptions["lifecycle"],
  options: InboundHandlerOptions,
): Promise<void> {
  const { accountId, outbox } = options;
  const cfg = options.readConfig();
  const onAckError = (error: unknown): void => options.onError(error, "reaction on receipt");
  const ackReaction = startAckReaction({ cfg, accountId, message, outbox, onError: onAckError });
  const outcome = await dispatchMessage({
    message,
    cfg,
    accountId,
    runtime: options.turnRuntime,
    lifecycle,
    resolveIngress: (binding) => options.gate.bind(message, binding),
    sendEarly: async (text) => {
      const sent = [];
      for (const piece of splitText(toPlainText(text))) {
        // One after the other: they are read in this order.
        sent.push(await options.outbox.sendBestEffort(createMessageBody(message.peer, piece)));
      }
      return sent;
    },
    onError: (error, stage) => options.onError(error, stage),
  });
  removeAckReactionHandleAfterReply({
    // The host keeps reactions on receipt. But nothing answers a sender who lost access meanwhile: taken back.
    removeAfterReply: outcome.kind === "refused",
    ackReaction,
    onError: onAckError,
  });
}
