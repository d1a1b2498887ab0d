// What happens to stored facts: asked whether their sender may, then handed to the agent or answered with a code.
import type { PairingDesk, RevocationWatch, WaitingSenders } from "channel-access";
import type { Outbox, TurnOptions } from "channel-durability";
import {
  runWatchedTurn,
  sendPieces,
  toPlainText,
  type AgentTurns,
  type AskerBook,
  type InboundHandler,
} from "channel-kit";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { dispatchMessages, type MessageDispatch } from "./dispatch.ts";
import type { MeshGate } from "./gate.ts";
import {
  conversationOf,
  personKey,
  splitPersonKey,
  type InboundFacts,
  type InboundMessage,
} from "./inbound.ts";
import type { Messages } from "./join-messages.ts";
import type { LoadedFiles } from "./load-files.ts";
import { createMessageBody, type MeshMessageBody, toAsker } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import type { ChatStrings } from "./strings.ts";

export interface InboundHandlerOptions {
  readonly accountId: string;
  /** Our own peer id. */
  readonly userId: string;
  readonly gate: MeshGate;
  readonly desk: PairingDesk;
  readonly waiting: Pick<WaitingSenders, "wroteWhileWaiting">;
  readonly outbox: Pick<Outbox<MeshMessageBody>, "send" | "sendBestEffort">;
  readonly turnRuntime: TurnOptions["runtime"];
  /** Ends turns of peers who lose access meanwhile. */
  readonly revocations: Pick<RevocationWatch, "watch">;
  /** Messages that others than owners may write to the agent, conversation by conversation. */
  readonly loopBudget: AgentTurns;
  readonly askers: Pick<AskerBook, "note">;
  readonly loadFiles: MessageDispatch["loadFiles"];
  readonly readStrings: () => ChatStrings;
  readonly readConfig: () => OpenClawConfig;
  /** A conversation used its loop budget up. */
  readonly onLoop: () => void;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Makes the handler that the durable queue calls. Returning means the facts are dealt with; throwing means again later,
 * for instance when the approvals could not be read: not knowing is not a no for good.
 */
export function createInboundHandler(options: InboundHandlerOptions): InboundHandler<InboundFacts> {
  const { gate, loopBudget, onLoop, waiting } = options;
  return {
    judge: async (facts) => {
      const { kind } = await gate.decide(facts);
      if (kind === "pairing") await challenge(facts, options);
      if (kind !== "allow") return "done";
      const isDirect = facts.chat.kind === "direct";
      if (isDirect && waiting.wroteWhileWaiting(facts.senderId, facts.arrivedAtMs)) return "done";
      if (gate.isOwner(facts.senderId)) return "turn";
      // Bots that answer each other would never stop: what is over the budget is not kept, and not answered either.
      if (loopBudget.take(conversationOf(facts))) return "turn";
      onLoop();
      return "done";
    },
    runTurn: (messages, lifecycle) => runMessages(messages, lifecycle, options),
  };
}

async function challenge(
  { senderId }: InboundFacts,
  { desk, outbox, readStrings }: InboundHandlerOptions,
): Promise<void> {
  await desk.challenge({
    senderId,
    senderIdLine: readStrings().senderIdLine(senderId),
    sendReply: async (text, noticeId) => {
      const body = createMessageBody(senderId, toPlainText(text));
      await outbox.send({
        queueId: noticeId,
        partIndex: 0,
        target: senderId,
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
  const { accountId, askers, gate, userId } = options;
  const newest = messages.at(-1) ?? messages[0];
  if (newest.chat.kind === "group") askers.note(newest.messageId, newest.senderId);
  askers.note(`${conversationOf(newest)}\n${newest.messageId}`, newest.senderId);
  await runWatchedTurn(options.revocations, personKey(newest), lifecycle, async (turn) => {
    await dispatchMessages({
      messages,
      cfg: options.readConfig(),
      accountId,
      userId,
      isOwner: gate.isOwner(newest.senderId),
      runtime: options.turnRuntime,
      ...turn,
      resolveIngress: (binding) => gate.bind(messages, binding),
      sendEarly: (text) => sendEarly(newest, text, options),
      loadFiles: (some, signal) => loadFilesOfHeard(some, signal, options),
      onError: (error, stage) => options.onError(error, stage),
    });
  });
}

/** Messages wait for company, and files come before the host's last look: by now their sender may have lost access. */
async function loadFilesOfHeard(
  messages: Messages,
  signal: AbortSignal,
  { gate, loadFiles }: InboundHandlerOptions,
): Promise<LoadedFiles> {
  const mayLoad =
    messages.some(({ file }) => file !== undefined) &&
    (await gate.isAdmitted(splitPersonKey(personKey(messages[0]))));
  return mayLoad ? await loadFiles(messages, signal) : { media: [], notices: [] };
}

function sendEarly(
  message: InboundMessage,
  text: string,
  { outbox }: InboundHandlerOptions,
): Promise<{ nativeId: string }[]> {
  const to = conversationOf(message);
  const askedBy = toAsker(to, message.senderId);
  const pieces = splitText(toPlainText(text));
  return sendPieces(outbox, pieces, (piece) => ({ ...createMessageBody(to, piece), ...askedBy }));
}
