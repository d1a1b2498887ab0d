// Who may speak in a direct conversation: OpenClaw's pairing, allowlist or open door, as for every direct message.
import {
  createAccessGate,
  type AccessDecision,
  type AccessGate,
  type AccessGateOptions,
  type AccessQuery,
} from "channel-access";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { hasControlCommand } from "openclaw/plugin-sdk/command-detection";
import { listOwners, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import type { ConvosGate } from "./gate.ts";
import type { InboundFacts } from "./inbound.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import { convosSenderIdentity } from "./sender-identity.ts";
import { tryParseInboxId } from "./targets.ts";

export interface DirectAccess {
  /** `pairing` for a message of somebody who would get a code. */
  decide(facts: InboundFacts): Promise<AccessDecision>;
  bind(
    messages: Messages,
    binding: Parameters<AccessGate["bind"]>[1],
  ): ReturnType<AccessGate["bind"]>;
  /** May a message of ours go out to this person? An answer to who is allowed, a code to who would get one now. */
  mayAnswer(senderId: string, purpose: ConvosMessageBody["purpose"]): Promise<boolean>;
  isAdmitted(senderId: string): Promise<boolean>;
}

export interface DirectAccessOptions {
  readonly accountId: string;
  readonly runtime: AccessGateOptions["runtime"];
  readonly readConfig: () => OpenClawConfig;
  /** Shut out by the owner a moment ago: the host takes a changed configuration over only when it is idle. */
  readonly isShut: (senderId: string) => boolean;
  /** Senders approved by pairing; default: the host's store. */
  readonly readApproved?: () => Promise<string[]>;
  readonly log?: (line: string) => void;
}

export function createDirectAccess(options: DirectAccessOptions): DirectAccess {
  const { accountId, readConfig } = options;
  const gateFor = (senderId: string): AccessGate => (options.isShut(senderId) ? closed : gate);
  const gateOptions: Omit<AccessGateOptions, "selectPolicy"> = {
    channelId: CHANNEL_ID,
    accountId,
    identity: convosSenderIdentity,
    runtime: options.runtime,
    readConfig,
    ...(options.readApproved === undefined ? {} : { readApproved: options.readApproved }),
    ...(options.log === undefined ? {} : { log: options.log }),
  };
  const gate = createAccessGate({
    ...gateOptions,
    selectPolicy: (cfg) => {
      const { allowFrom, dmPolicy } = resolveConvosAccount(cfg, accountId);
      // An owner needs no code, unless nobody at all is heard here.
      return { dmPolicy, allowFrom: [...allowFrom, ...listOwners(cfg, tryParseInboxId)] };
    },
  });
  const closed = createAccessGate({
    ...gateOptions,
    selectPolicy: () => ({ dmPolicy: "disabled", allowFrom: [] }),
  });
  const ask = async (senderId: string): Promise<AccessDecision["kind"]> =>
    (await gateFor(senderId).decide({ ...queryOf(senderId), event: "message" })).kind;
  const messageQuery = (messages: Messages): AccessQuery => ({
    ...queryOf(messages[0].senderId, messages[0].conversationId),
    event: "message",
    hasControlCommand: hasControlCommand(joinTexts(messages), readConfig()),
  });
  // While nobody is owner, the host takes everybody on the list of the account for one: his commands would have an effect.
  const isOthersCommand = ({ hasControlCommand: isCommand, senderId }: AccessQuery): boolean =>
    isCommand === true && !listOwners(readConfig(), tryParseInboxId).includes(senderId);
  return {
    decide: async (facts) => {
      const query: AccessQuery =
        facts.kind === "message"
          ? messageQuery([facts])
          : { ...queryOf(facts.senderId, facts.conversationId), event: "reaction" };
      const decision = await gateFor(facts.senderId).decide(query);
      const isRefused = decision.kind === "allow" && isOthersCommand(query);
      return isRefused ? await closed.decide(query) : decision;
    },
    bind: (messages, binding) => {
      const query = messageQuery(messages);
      return (isOthersCommand(query) ? closed : gateFor(query.senderId)).bind(query, binding);
    },
    mayAnswer: async (senderId, purpose) => {
      if (purpose === "operator") return true;
      return (await ask(senderId)) === (purpose === "pairing" ? "pairing" : "allow");
    },
    isAdmitted: async (senderId) => (await ask(senderId)) === "allow",
  };
}

/**
 * One gate for conversations of both kinds.
 *
 * @param peerOf - The other one in a direct conversation that is open; undefined for every other conversation.
 */
export function joinGates(
  groups: ConvosGate,
  directs: DirectAccess,
  peerOf: (conversationId: string) => string | undefined,
): ConvosGate {
  return {
    ...groups,
    decide: (facts) => (facts.direct === true ? directs.decide(facts) : groups.decide(facts)),
    bind: (messages, binding) =>
      messages[0].direct === true
        ? directs.bind(messages, binding)
        : groups.bind(messages, binding),
    mayResend: async (message) => {
      const peer = peerOf(message.to);
      return peer === undefined
        ? await groups.mayResend(message)
        : await directs.mayAnswer(peer, message.purpose);
    },
    isAdmitted: async (conversationId, senderId) => {
      const peer = peerOf(conversationId);
      return peer === undefined
        ? await groups.isAdmitted(conversationId, senderId)
        : peer === senderId && (await directs.isAdmitted(senderId));
    },
  };
}

function queryOf(
  senderId: string,
  conversationId: string = senderId,
): Pick<AccessQuery, "senderId" | "conversation"> {
  return { senderId, conversation: { kind: "direct", id: conversationId } };
}
