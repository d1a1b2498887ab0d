// Who may speak in a conversation: OpenClaw's own decision, asked again for every message with the policy as it is then.
import {
  createAccessGate,
  type AccessDecision,
  type AccessGate,
  type AccessGateOptions,
  type AccessPolicy,
  type AccessQuery,
} from "channel-access";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { hasControlCommand } from "openclaw/plugin-sdk/command-detection";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { listOwners, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import type { InboundFacts } from "./inbound.ts";
import { readMentions } from "./mentions.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import { convosSenderIdentity } from "./sender-identity.ts";
import { tryParseInboxId } from "./targets.ts";

/** From so many other members on, a message has to be for the agent. Other agents count: two of them would never stop. */
const OTHERS_TO_REQUIRE_MENTION = 2;

export interface ConvosGate {
  /** May these facts have an effect? Nobody gets a pairing code in a conversation. */
  decide(facts: InboundFacts): Promise<AccessDecision>;
  /** The host's own result for the turn about to start; undefined when the sender lost access meanwhile. */
  bind(
    messages: Messages,
    binding: Parameters<AccessGate["bind"]>[1],
  ): ReturnType<AccessGate["bind"]>;
  /** May a message of an earlier attempt still go out? What the operator wrote may; an answer while we may answer there. */
  mayResend(message: Pick<ConvosMessageBody, "purpose" | "to">): Promise<boolean>;
  /** Would this person be heard in this conversation, if the message were for the agent? */
  isAdmitted(conversationId: string, senderId: string): Promise<boolean>;
  /** Only the owner is heard in this conversation, and there is none. */
  lacksOwner(conversationId: string): boolean;
}

export interface ConvosGateOptions {
  readonly accountId: string;
  readonly runtime: AccessGateOptions["runtime"];
  /** The configuration as it is now. */
  readonly readConfig: () => OpenClawConfig;
  /** The conversation in which only an owner is heard. */
  readonly ownerConversation: () => string | undefined;
  /** Members of a conversation beside us; undefined when we are not in it any more. */
  readonly countOthers: (conversationId: string) => number | undefined;
  /** Whether a message in a conversation is one of ours. */
  readonly isOurs: (conversationId: string, messageId: string) => boolean;
  readonly log?: (line: string) => void;
}

export function createConvosGate(options: ConvosGateOptions): ConvosGate {
  const { accountId, countOthers, readConfig } = options;
  const rulesOf = (cfg: OpenClawConfig, conversationId: string): AccessPolicy =>
    selectPolicy(cfg, accountId, {
      id: conversationId,
      isOwners: conversationId === options.ownerConversation(),
      others: countOthers(conversationId),
    });
  const gate = createAccessGate({
    channelId: CHANNEL_ID,
    accountId,
    identity: convosSenderIdentity,
    runtime: options.runtime,
    readConfig,
    selectPolicy: (cfg, { conversation }) => rulesOf(cfg, conversation.id),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  const messageQuery = (messages: Messages): AccessQuery => {
    const cfg = readConfig();
    const [{ conversationId, senderId }] = messages;
    const text = joinTexts(messages);
    return {
      ...queryOf(conversationId, senderId),
      event: "message",
      hasControlCommand: hasControlCommand(text, cfg),
      mentionFacts: readMentions({
        cfg,
        agentId: agentOf(cfg, accountId, conversationId),
        name: resolveConvosAccount(cfg, accountId).name,
        text,
        answersUs: messages.some(
          ({ replyToId }) => replyToId !== undefined && options.isOurs(conversationId, replyToId),
        ),
      }),
    };
  };
  return {
    decide: (facts) =>
      gate.decide(
        facts.kind === "message"
          ? messageQuery([facts])
          : { ...queryOf(facts.conversationId, facts.senderId), event: "reaction" },
      ),
    bind: (messages, binding) => gate.bind(messageQuery(messages), binding),
    mayResend: async ({ purpose, to }) => {
      if (purpose === "operator") return true;
      return rulesOf(readConfig(), to).groupPolicy !== "disabled";
    },
    isAdmitted: async (conversationId, senderId) => {
      const { kind } = await gate.decide({
        ...queryOf(conversationId, senderId),
        event: "message",
        mentionFacts: { canDetectMention: true, wasMentioned: true },
      });
      return kind === "allow";
    },
    lacksOwner: (conversationId) =>
      conversationId === options.ownerConversation() &&
      listOwners(readConfig(), tryParseInboxId).length === 0,
  };
}

/** What the rules of a conversation depend on beside the configuration. */
interface ConversationFacts {
  readonly id: string;
  readonly isOwners: boolean;
  /** Members beside us; undefined when we are not in it any more. */
  readonly others: number | undefined;
}

/**
 * The rules of one conversation. In the owner conversation only an owner is heard; elsewhere the owners and who is listed,
 * or everybody. A conversation that we are not in any more is closed.
 */
function selectPolicy(
  cfg: OpenClawConfig,
  accountId: string,
  conversation: ConversationFacts,
): AccessPolicy {
  const account = resolveConvosAccount(cfg, accountId);
  const { allowFrom, dmPolicy } = account;
  const { id, isOwners, others } = conversation;
  const rules = account.groups[id] ?? account.groups["*"];
  if (others === undefined || rules?.enabled === false) {
    return { dmPolicy, allowFrom, groupPolicy: "disabled" };
  }
  const owners = listOwners(cfg, tryParseInboxId);
  const requireMention = rules?.requireMention ?? others >= OTHERS_TO_REQUIRE_MENTION;
  if (isOwners && account.groupPolicy !== "disabled") {
    const groupAllowFrom = owners;
    return { dmPolicy, allowFrom, groupPolicy: "allowlist", groupAllowFrom, requireMention };
  }
  return {
    dmPolicy,
    allowFrom,
    groupPolicy: account.groupPolicy,
    groupAllowFrom: [...account.groupAllowFrom, ...owners],
    requireMention,
  };
}

function queryOf(
  conversationId: string,
  senderId: string,
): Pick<AccessQuery, "senderId" | "conversation"> {
  return { senderId, conversation: { kind: "group", id: conversationId } };
}

/** Which agent listens in a conversation, by the host's routes. */
function agentOf(cfg: OpenClawConfig, accountId: string, conversationId: string): string {
  return resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId,
    peer: { kind: "group", id: conversationId },
  }).route.agentId;
}
