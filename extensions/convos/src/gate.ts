// Who may speak in a conversation: OpenClaw's own decision, asked again for every message with the policy as it is then.
import {
  createAccessGate,
  type AccessDecision,
  type AccessGate,
  type AccessGateOptions,
  type AccessPolicy,
  type AccessQuery,
} from "channel-access";
import { readMentions } from "channel-kit";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { hasControlCommand } from "openclaw/plugin-sdk/command-detection";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { listOwners, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { resolveRules } from "./conversation-rules.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import type { InboundFacts, InboundMessage } from "./inbound.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import { lacksOwner } from "./owner-presence.ts";
import { convosSenderIdentity } from "./sender-identity.ts";
import { tryParseInboxId } from "./targets.ts";

/** From so many other members on, a message has to be for the agent. Other agents count. */
export const OTHERS_TO_REQUIRE_MENTION = 2;

type Person = Pick<InboundFacts, "conversationId" | "senderId">;

export interface ConvosGate {
  /** May these facts have an effect? Nobody gets a pairing code in a conversation. */
  decide(facts: InboundFacts): Promise<AccessDecision>;
  /** Is this message for the agent, and kept from it by nothing but that nobody has let its sender in? */
  isAsking(message: InboundMessage): Promise<boolean>;
  /** The host's own result for the turn about to start; undefined when the sender lost access meanwhile. */
  bind(
    messages: Messages,
    binding: Parameters<AccessGate["bind"]>[1],
  ): ReturnType<AccessGate["bind"]>;
  /**
   * May a message of ours go out now? What the operator wrote may; an answer while its asker is heard; anything else while
   * we may write there.
   */
  mayResend(message: Pick<ConvosMessageBody, "askedBy" | "purpose" | "to">): Promise<boolean>;
  /** Would this person be heard in this conversation, if the message were for the agent? */
  isAdmitted(conversationId: string, senderId: string): Promise<boolean>;
  /** Named in the host's list of owners: the only one who may decide about others. */
  isOwner(senderId: string): boolean;
  /** Only the owner is heard in this conversation, and none of its members is one. */
  lacksOwner(conversationId: string): Promise<boolean>;
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
  /** Inbox ids of the members beside us; empty when they cannot be read. */
  readonly listOthers: (conversationId: string) => Promise<readonly string[]>;
  /** Whether a member says that it is an agent. */
  readonly isAgent: (conversationId: string, senderId: string) => Promise<boolean>;
  /** Shut out by the owner a moment ago: the host takes a changed configuration over only when it is idle. */
  readonly isShut: (conversationId: string, senderId: string) => boolean;
  /** Whether a message in a conversation is one of ours. */
  readonly isOurs: (conversationId: string, messageId: string) => boolean;
  readonly log?: (line: string) => void;
}

export function createConvosGate(options: ConvosGateOptions): ConvosGate {
  const { accountId, readConfig } = options;
  const owners = (): string[] => listOwners(readConfig(), tryParseInboxId);
  const look = async (person: Person): Promise<Situation> => ({
    id: person.conversationId,
    isOwners: person.conversationId === options.ownerConversation(),
    others: options.countOthers(person.conversationId),
    isShut: options.isShut(person.conversationId, person.senderId),
    isAgent:
      !owners().includes(person.senderId) &&
      (await options.isAgent(person.conversationId, person.senderId)),
  });
  /** The host decides by the rules that hold in this situation, and by the configuration as it is when it is asked. */
  const gateFor = (situation: Situation): AccessGate =>
    createAccessGate({
      channelId: CHANNEL_ID,
      accountId,
      identity: convosSenderIdentity,
      runtime: options.runtime,
      readConfig,
      selectPolicy: (cfg) => selectPolicy(cfg, accountId, situation),
      ...(options.log === undefined ? {} : { log: options.log }),
    });
  const messageQuery = (messages: Messages): AccessQuery => {
    const cfg = readConfig();
    const [{ conversationId, senderId }] = messages;
    const text = joinTexts(messages);
    return {
      ...queryOf({ conversationId, senderId }),
      event: "message",
      hasControlCommand: hasControlCommand(text, cfg),
      mentionFacts: readMentions({
        cfg,
        agentId: agentOf(cfg, accountId, conversationId),
        names: [resolveConvosAccount(cfg, accountId).name],
        text,
        answersUs: messages.some(
          ({ replyToId }) => replyToId !== undefined && options.isOurs(conversationId, replyToId),
        ),
      }),
    };
  };
  const decideMessage = async (
    messages: Messages,
    known: Partial<Situation> = {},
  ): Promise<AccessDecision> => {
    const query = messageQuery(messages);
    const isCommand = query.hasControlCommand === true;
    const situation = { ...(await look(messages[0])), isCommand, ...known };
    return gateFor(situation).decide(query);
  };
  /** As if the message were for the agent. */
  const isHeard = async (person: Person, situation: Situation): Promise<boolean> => {
    const { kind } = await gateFor(situation).decide({
      ...queryOf(person),
      event: "message",
      mentionFacts: { canDetectMention: true, wasMentioned: true },
    });
    return kind === "allow";
  };
  return {
    decide: async (facts) =>
      facts.kind === "message"
        ? decideMessage([facts])
        : gateFor(await look(facts)).decide({ ...queryOf(facts), event: "reaction" }),
    isAsking: async (message) =>
      (await decideMessage([message], { isOpen: true })).kind === "allow",
    bind: async (messages, binding) => {
      const query = messageQuery(messages);
      const isCommand = query.hasControlCommand === true;
      return gateFor({ ...(await look(messages[0])), isCommand }).bind(query, binding);
    },
    mayResend: async ({ askedBy = "", purpose, to }) => {
      if (purpose === "operator") return true;
      const situation = {
        id: to,
        isOwners: to === options.ownerConversation(),
        others: options.countOthers(to),
        isShut: options.isShut(to, askedBy),
      };
      return askedBy === ""
        ? selectPolicy(readConfig(), accountId, situation).groupPolicy !== "disabled"
        : isHeard({ conversationId: to, senderId: askedBy }, situation);
    },
    isAdmitted: async (conversationId, senderId) => {
      const person = { conversationId, senderId };
      return isHeard(person, await look(person));
    },
    isOwner: (senderId) => owners().includes(senderId),
    lacksOwner: async (conversationId) =>
      conversationId === options.ownerConversation() &&
      lacksOwner(await options.listOthers(conversationId), owners()),
  };
}

/** What the rules of a conversation depend on beside the configuration. */
interface Situation {
  readonly id: string;
  readonly isOwners: boolean;
  /** Members beside us; undefined when we are not in it any more. */
  readonly others: number | undefined;
  readonly isShut?: boolean;
  /** The sender says that it is an agent, and is not the owner, whose word counts more. */
  readonly isAgent?: boolean;
  /** The message is a command of the host. */
  readonly isCommand?: boolean;
  /** As if everybody were let in. */
  readonly isOpen?: boolean;
}

/**
 * The rules of one conversation. In the owner conversation only an owner is heard; elsewhere the owners and who is listed,
 * or everybody. Commands of the host are the owner's everywhere. A conversation that we are not in any more is closed.
 */
function selectPolicy(cfg: OpenClawConfig, accountId: string, situation: Situation): AccessPolicy {
  const account = resolveConvosAccount(cfg, accountId);
  const { allowFrom, dmPolicy } = account;
  const { id, isAgent, isCommand, isOpen, isOwners, isShut, others } = situation;
  const rules = resolveRules(account, id);
  const isClosed = account.groupPolicy === "disabled" || rules.enabled === false;
  if (others === undefined || isClosed || isShut === true) {
    return { dmPolicy, allowFrom, groupPolicy: "disabled" };
  }
  const owners = listOwners(cfg, tryParseInboxId);
  // Two agents alone would answer each other without ever being called.
  const requireMention =
    isAgent === true || (rules.requireMention ?? others >= OTHERS_TO_REQUIRE_MENTION);
  const base = { dmPolicy, allowFrom, requireMention };
  if (isOwners || isCommand === true) {
    return { ...base, groupPolicy: "allowlist", groupAllowFrom: owners };
  }
  return {
    ...base,
    groupPolicy: isOpen === true ? "open" : account.groupPolicy,
    groupAllowFrom: [...account.groupAllowFrom, ...rules.allowFrom, ...owners],
  };
}

function queryOf({
  conversationId,
  senderId,
}: Person): Pick<AccessQuery, "senderId" | "conversation"> {
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
