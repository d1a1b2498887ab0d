// What happens to stored facts: asked whether their sender may, then handed to the agent.
import type { AccessDecision, RevocationWatch } from "channel-access";
import type { Outbox, TurnOptions } from "channel-durability";
import {
  cleanName,
  runWatchedTurn,
  sendPieces,
  toPlainText,
  type AgentTurns,
  type AskerBook,
  type InboundHandler,
  type NoticeLimit,
} from "channel-kit";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { removeAckReactionHandleAfterReply } from "openclaw/plugin-sdk/channel-feedback";
import { startAckReaction } from "./ack-reaction.ts";
import type { FileCompany } from "./file-company.ts";
import type { ConversationDesk } from "./desk.ts";
import type { DeviceWatch } from "./device-watch.ts";
import { dispatchMessages, dispatchReaction, type MessageDispatch } from "./dispatch.ts";
import type { ConvosGate } from "./gate.ts";
import type { GrowthBook } from "./growth.ts";
import { personKey, type InboundFacts, type InboundMessage } from "./inbound.ts";
import type { Messages } from "./join-messages.ts";
import type { LoadedFiles } from "./load-files.ts";
import type { MemberBook } from "./member-book.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";

export interface InboundHandlerOptions {
  readonly accountId: string;
  readonly gate: ConvosGate;
  readonly outbox: Pick<Outbox<ConvosMessageBody>, "find" | "send" | "sendBestEffort">;
  readonly turnRuntime: TurnOptions["runtime"];
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  readonly notices: NoticeLimit;
  /** Ends turns of people who lose access meanwhile. */
  readonly revocations: Pick<RevocationWatch, "watch">;
  readonly members: Pick<MemberBook, "isAgent" | "nameOf">;
  readonly devices: DeviceWatch;
  /** The owner's word, and questions to him. */
  readonly desk: Omit<ConversationDesk, "run">;
  readonly agentTurns: AgentTurns;
  readonly growth: Pick<GrowthBook, "threadOf">;
  readonly askers: Pick<AskerBook, "note">;
  /** Answers a direct message of somebody unknown. @returns Whether these facts may go further. */
  readonly passDirect: (facts: InboundFacts, kind: AccessDecision["kind"]) => Promise<boolean>;
  readonly loadFiles: MessageDispatch["loadFiles"];
  readonly company: FileCompany;
  /** What people see while the agent works on a message. */
  readonly presenceFor: (message: InboundMessage) => MessageDispatch["typing"];
  /** Says in the owner conversation that nobody is owner, at most once per start. */
  readonly tellNoOwner: (conversationId: string) => Promise<void>;
  /** All invites of a conversation have ended: what is left of them here goes. */
  readonly forgetInvites: (
    facts: Pick<InboundFacts, "arrivedAtMs" | "conversationId">,
  ) => Promise<void>;
  readonly readConfig: () => OpenClawConfig;
  readonly onError: (error: unknown, what: string) => void;
}

/** Makes the handler that the durable queue calls. Returning means the facts are dealt with; throwing means again later. */
export function createInboundHandler(options: InboundHandlerOptions): InboundHandler<InboundFacts> {
  const { accountId, company, gate, notices, readConfig, system } = options;
  return {
    judge: async (facts) => {
      if (facts.kind === "for_owner") {
        if (facts.about === "invites_revoked") await options.forgetInvites(facts);
        await options.desk.tellOwner(facts);
        return "done";
      }
      const { kind } = await gate.decide(facts);
      if (facts.direct === true) {
        if (!(await options.passDirect(facts, kind))) return "done";
        if (facts.kind === "message") return "turn";
      }
      if (kind === "block") {
        if (facts.kind === "message") await noteBlocked(facts, options);
        return "done";
      }
      // A notice may be answered with a reaction, which no mention goes with.
      const isHeard = kind === "allow" || facts.kind === "reaction";
      if (isHeard && (await options.desk.takes(facts))) return "done";
      if (facts.kind === "message") {
        // Before it could be kept for a later call: what was written before its sender was let in goes with none.
        if (options.desk.isTooEarly(facts)) return "done";
        const isForUs = kind === "allow" || (kind === "skip" && company.goesAlong(facts));
        return isForUs && (await mayTurn(facts, options)) ? "turn" : "done";
      }
      if (kind !== "allow") return "done";
      if (notices.admit(personKey(facts))) {
        const sessionThread = options.growth.threadOf(facts.conversationId);
        dispatchReaction(facts, { accountId, sessionThread, cfg: readConfig(), system });
      }
      return "done";
    },
    runTurn: async ([first, ...others], lifecycle) => {
      if (first.kind !== "message") return;
      const before = company.gather(first);
      await runMessages(
        withFiles(before, [first, ...others.filter(isMessage)]),
        lifecycle,
        options,
      );
    },
  };
}

/** Files from just before come first. What was said stays what the turn is known by. */
function withFiles(before: readonly InboundMessage[], messages: Messages): Messages {
  const [first = messages[0], ...rest] = [...before, ...messages];
  return [first, ...rest];
}

/** What unheard people write goes no further; that they wrote is the owner's business. */
async function noteBlocked(
  message: InboundMessage,
  { desk, gate, tellNoOwner }: InboundHandlerOptions,
): Promise<void> {
  if (await gate.lacksOwner(message.conversationId)) await tellNoOwner(message.conversationId);
  else if (await gate.isAsking(message)) await desk.noteAsking(message);
}

/** Not when other agents have had their share. */
async function mayTurn(
  message: InboundMessage,
  { agentTurns, gate, members }: InboundHandlerOptions,
): Promise<boolean> {
  const { conversationId, senderId } = message;
  if (gate.isOwner(senderId) || !(await members.isAgent(conversationId, senderId))) return true;
  return agentTurns.take(conversationId);
}

const isMessage = (facts: InboundFacts): facts is InboundMessage => facts.kind === "message";

async function runMessages(
  messages: Messages,
  lifecycle: TurnOptions["lifecycle"],
  options: InboundHandlerOptions,
): Promise<void> {
  const { accountId } = options;
  const cfg = options.readConfig();
  const newest = messages.at(-1) ?? messages[0];
  const { conversationId, senderId } = newest;
  const person = personKey(newest);
  options.notices.beginTurn(person);
  options.askers.note(newest.messageId, senderId);
  const ackReaction = startAckReaction({
    cfg,
    accountId,
    message: newest,
    outbox: options.outbox,
    onError: (error) => options.onError(error, "reaction on receipt"),
  });
  await runWatchedTurn(options.revocations, person, lifecycle, async (turn) => {
    const name = await options.members.nameOf(conversationId, senderId);
    await options.devices
      .look(newest)
      .catch((error: unknown) => options.onError(error, "a new device could not be told"));
    const outcome = await dispatchMessages({
      messages,
      senderName: name === undefined ? undefined : cleanName(name),
      cfg,
      accountId,
      sessionThread: options.growth.threadOf(conversationId),
      runtime: options.turnRuntime,
      ...turn,
      resolveIngress: (binding) => options.gate.bind(messages, binding),
      sendEarly: (text) => sendEarly(newest, text, options),
      loadFiles: (some, signal) => loadFilesOfHeard(some, signal, options),
      typing: options.presenceFor(newest),
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

/** Messages wait for company, and files come before the host's last look: by now their sender may have lost access. */
async function loadFilesOfHeard(
  messages: Messages,
  signal: AbortSignal,
  { gate, loadFiles }: InboundHandlerOptions,
): Promise<LoadedFiles> {
  const [{ conversationId, senderId }] = messages;
  const mayLoad =
    messages.some(({ files }) => files !== undefined) &&
    (await gate.isAdmitted(conversationId, senderId));
  return mayLoad ? await loadFiles(messages, signal) : { media: [], notices: [] };
}

function sendEarly(
  { conversationId, senderId: askedBy }: InboundMessage,
  text: string,
  { outbox }: InboundHandlerOptions,
): Promise<{ nativeId: string }[]> {
  const pieces = splitText(toPlainText(text));
  return sendPieces(outbox, pieces, (piece) => ({
    ...createMessageBody(conversationId, piece),
    askedBy,
  }));
}
