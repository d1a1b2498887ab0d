// What happens to stored facts: asked whether their sender may, then handed to the agent or answered with a code.
import type { PairingDesk, RevocationWatch, WaitingSenders } from "channel-access";
import type { Outbox, TurnOptions } from "channel-durability";
import {
  runWatchedTurn,
  sendPieces,
  toPlainText,
  type InboundHandler,
  type NoticeLimit,
} from "channel-kit";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { removeAckReactionHandleAfterReply } from "openclaw/plugin-sdk/channel-feedback";
import { resolveGossipAccount } from "./accounts.ts";
import { startAckReaction } from "./ack-reaction.ts";
import { dispatchLeftOut, dispatchMessages, dispatchNotice } from "./dispatch.ts";
import type { GossipGate } from "./gate.ts";
import type { InboundFacts, InboundMessage } from "./inbound.ts";
import type { Messages } from "./join-messages.ts";
import { createMessageBody, type GossipMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { createChatStrings } from "./strings.ts";

export interface InboundHandlerOptions {
  readonly accountId: string;
  readonly gate: GossipGate;
  readonly desk: PairingDesk;
  readonly waiting: Pick<WaitingSenders, "wroteWhileWaiting">;
  readonly outbox: Pick<Outbox<GossipMessageBody>, "find" | "send" | "sendBestEffort">;
  readonly turnRuntime: TurnOptions["runtime"];
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  readonly notices: NoticeLimit;
  /** Ends turns of people who lose access meanwhile. */
  readonly revocations: Pick<RevocationWatch, "watch">;
  /** Tells the protocol client to keep a conversation beyond the day that it gives to strangers. */
  readonly trust: (userId: string) => void;
  readonly readConfig: () => OpenClawConfig;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Makes the handler that the durable queue calls. Returning means the facts are dealt with; throwing means again later,
 * for instance when the approvals could not be read: not knowing is not a no for good.
 */
export function createInboundHandler(options: InboundHandlerOptions): InboundHandler<InboundFacts> {
  const { gate } = options;
  return {
    judge: async (facts) => {
      const decision = await gate.decide(facts);
      if (decision.kind === "pairing") await challenge(facts, options);
      if (decision.kind !== "allow") return "done";
      if (options.waiting.wroteWhileWaiting(facts.peer, facts.arrivedAtMs)) return "done";
      if (facts.kind === "message") {
        // Whom the operator let in, and who talks, gets the attention of a known person: quick polls, keep-alives,
        // renewals. Whom an open policy alone lets in is answered too, but new ids cost nothing, so the protocol client
        // keeps 200 of them for a day. A bare request or a reaction is not enough.
        if (await gate.isNamed(facts.peer)) options.trust(facts.peer);
        return "turn";
      }
      if (facts.kind !== "contact" && options.notices.admit(facts.peer)) {
        dispatchNotice(facts, noticeDispatch(options));
      }
      return "done";
    },
    runTurn: async ([first, ...others], lifecycle) => {
      if (first.kind !== "message") return;
      await runMessages([first, ...others.filter(isMessage)], lifecycle, options);
    },
  };
}

const isMessage = (facts: InboundFacts): facts is InboundMessage => facts.kind === "message";

function noticeDispatch({ accountId, readConfig, system }: InboundHandlerOptions) {
  return { accountId, cfg: readConfig(), system };
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

async function runMessages(
  messages: Messages,
  lifecycle: TurnOptions["lifecycle"],
  options: InboundHandlerOptions,
): Promise<void> {
  const { accountId } = options;
  const cfg = options.readConfig();
  const newest = messages.at(-1) ?? messages[0];
  const { peer } = newest;
  const leftOut = options.notices.beginTurn(peer);
  if (leftOut > 0) dispatchLeftOut(peer, leftOut, noticeDispatch(options));
  const ackReaction = startAckReaction({
    cfg,
    accountId,
    message: newest,
    outbox: options.outbox,
    onError: (error) => options.onError(error, "reaction on receipt"),
  });
  await runWatchedTurn(options.revocations, peer, lifecycle, async (turn) => {
    const outcome = await dispatchMessages({
      messages,
      cfg,
      accountId,
      runtime: options.turnRuntime,
      ...turn,
      resolveIngress: (binding) => options.gate.bind(messages, binding),
      sendEarly: (text) => sendEarly(peer, text, options),
      onError: (error, stage) => options.onError(error, stage),
    });
    removeAckReactionHandleAfterReply({
      // The host keeps reactions on receipt. But nothing answers a sender who lost access meanwhile: taken back.
      removeAfterReply: outcome.kind === "refused",
      ackReaction,
      onError: (error) => options.onError(error, "reaction on receipt"),
    });
  });
}

function sendEarly(
  peer: string,
  text: string,
  { outbox }: InboundHandlerOptions,
): Promise<{ nativeId: string }[]> {
  const pieces = splitText(toPlainText(text));
  return sendPieces(outbox, pieces, (piece) => createMessageBody(peer, piece));
}
