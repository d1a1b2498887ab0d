// Who may speak: OpenClaw's own decision, asked again for every message with the policy as it is at that moment. Whoever
// writes is known by the peer id that a signature proves; no name that peers give themselves has a part in it.
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
import { resolveMeshAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { resolveRules } from "./group-rules.ts";
import { conversationOf, type InboundFacts, type PeerPlace } from "./inbound.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import type { MeshMessageBody } from "./message-body.ts";
import { listMeshOwners } from "./owner-grant.ts";
import { meshSenderIdentity } from "./sender-identity.ts";
import { tryParsePeerId } from "./targets.ts";

type ContextBinding = Parameters<AccessGate["bind"]>[1];

export interface MeshGate {
  /** May these facts have an effect? `pairing` only for direct messages: nobody gets a code in a channel. */
  decide(facts: InboundFacts): Promise<AccessDecision>;
  /** The host's own result for the turn about to start; undefined when the sender lost access meanwhile. */
  bind(messages: Messages, binding: ContextBinding): ReturnType<AccessGate["bind"]>;
  /**
   * May a message of ours go out now? What the operator wrote may, a code to who would get one now, and an answer while its
   * asker is heard. Into a channel that the account does not listen to nothing goes.
   */
  mayResend(message: Pick<MeshMessageBody, "askedBy" | "purpose" | "to">): Promise<boolean>;
  /** Would a message of this peer be heard now, if it were for the agent? */
  isAdmitted(place: PeerPlace): Promise<boolean>;
  /** Named in the host's list of owners. */
  isOwner(senderId: string): boolean;
}

export interface MeshGateOptions {
  readonly accountId: string;
  /** Our own peer id, which calls us in a channel as the name does. */
  readonly userId: string;
  readonly runtime: AccessGateOptions["runtime"];
  /** The configuration as it is now. */
  readonly readConfig: () => OpenClawConfig;
  /** Whether a message in a conversation is one of ours. */
  readonly isOurs: (to: string, messageId: string) => boolean;
  /** Senders approved by pairing; default: the host's store. */
  readonly readApproved?: () => Promise<string[]>;
  readonly log?: (line: string) => void;
}

/** A sender in a place; `isProven` is false for what nobody has signed. */
interface Asker extends PeerPlace {
  readonly isProven: boolean;
}

export function createMeshGate(options: MeshGateOptions): MeshGate {
  const { accountId, isOurs, readConfig, userId } = options;
  const isOwner = (senderId: string): boolean => listMeshOwners(readConfig()).includes(senderId);
  const gateFor = (asker: Asker): AccessGate =>
    createAccessGate({
      channelId: CHANNEL_ID,
      accountId,
      identity: meshSenderIdentity,
      runtime: options.runtime,
      readConfig,
      selectPolicy: (cfg) => selectPolicy(cfg, accountId, asker),
      ...(options.readApproved === undefined ? {} : { readApproved: options.readApproved }),
      ...(options.log === undefined ? {} : { log: options.log }),
    });
  const queryOf = (messages: Messages): AccessQuery => {
    const [first] = messages;
    const { chat, senderId } = first;
    const cfg = readConfig();
    const text = joinTexts(messages);
    // Of anybody else it is text, see `takesCommands`.
    const isCommand = isOwner(senderId) && hasControlCommand(text, cfg);
    const base = {
      ...placeQuery(askerOf(first)),
      event: "message",
      hasControlCommand: isCommand,
    } as const;
    if (chat.kind === "direct") return base;
    const { name } = resolveMeshAccount(cfg, accountId);
    const answersUs = messages.some(
      ({ replyToId }) => replyToId !== undefined && isOurs(conversationOf(first), replyToId),
    );
    const agentId = agentOf(cfg, accountId, chat.channelId);
    const mentionFacts = readMentions({ cfg, agentId, names: [name, userId], text, answersUs });
    return { ...base, mentionFacts };
  };
  /** As if the message were for the agent. */
  const ask = async (asker: Asker): Promise<AccessDecision["kind"]> => {
    const mentionFacts = { canDetectMention: true, wasMentioned: true };
    const query = { ...placeQuery(asker), event: "message", mentionFacts } as const;
    return (await gateFor(asker).decide(query)).kind;
  };
  return {
    decide: (facts) => gateFor(askerOf(facts)).decide(queryOf([facts])),
    bind: (messages, binding) => gateFor(askerOf(messages[0])).bind(queryOf(messages), binding),
    mayResend: async ({ askedBy, purpose, to }) => {
      if (tryParsePeerId(to) !== undefined) {
        if (purpose === "operator") return true;
        const kind = await ask({ senderId: to, channelId: undefined, isProven: true });
        return kind === (purpose === "pairing" ? "pairing" : "allow");
      }
      if (!resolveMeshAccount(readConfig(), accountId).channels.includes(to)) return false;
      if (purpose === "operator") return true;
      if (askedBy === undefined) return !isClosed(readConfig(), accountId, to);
      return (
        (await ask({ senderId: askedBy, channelId: to, isProven: isProven(askedBy) })) === "allow"
      );
    },
    isAdmitted: async (place) =>
      (await ask({ ...place, isProven: isProven(place.senderId) })) === "allow",
    isOwner,
  };
}

/**
 * The rules of one place. Directly, whoever is listed, approved by pairing, or an owner; in a channel, who is listed for it
 * or for all, an owner, or everybody. What nobody has signed is heard where everybody is, and only if the operator says so.
 */
function selectPolicy(cfg: OpenClawConfig, accountId: string, asker: Asker): AccessPolicy {
  const account = resolveMeshAccount(cfg, accountId);
  const { allowFrom, dmPolicy } = account;
  const { channelId, isProven: isSigned } = asker;
  const owners = listMeshOwners(cfg);
  if (channelId === undefined) {
    // An owner needs no code, unless nobody at all is heard here.
    return { dmPolicy: isSigned ? dmPolicy : "disabled", allowFrom: [...allowFrom, ...owners] };
  }
  const rules = resolveRules(account, channelId);
  const direct = { dmPolicy, allowFrom, requireMention: rules.requireMention ?? true };
  const isUnheard = !isSigned && !(account.allowUnverified && account.groupPolicy === "open");
  if (isUnheard || isClosed(cfg, accountId, channelId))
    return { ...direct, groupPolicy: "disabled" };
  return {
    ...direct,
    groupPolicy: account.groupPolicy,
    groupAllowFrom: [...account.groupAllowFrom, ...rules.allowFrom, ...owners],
  };
}

function isClosed(cfg: OpenClawConfig, accountId: string, channelId: string): boolean {
  const account = resolveMeshAccount(cfg, accountId);
  if (account.groupPolicy === "disabled" || !account.channels.includes(channelId)) return true;
  return resolveRules(account, channelId).enabled === false;
}

function askerOf({ chat, senderId, verified }: InboundFacts): Asker {
  const channelId = chat.kind === "group" ? chat.channelId : undefined;
  return { senderId, channelId, isProven: verified };
}

/** Only what a signature proves is kept under the id of a peer. */
function isProven(senderId: string): boolean {
  return tryParsePeerId(senderId) !== undefined;
}

function placeQuery({
  channelId,
  senderId,
}: PeerPlace): Pick<AccessQuery, "senderId" | "conversation"> {
  return channelId === undefined
    ? { senderId, conversation: { kind: "direct", id: senderId } }
    : { senderId, conversation: { kind: "group", id: channelId } };
}

/** Which agent listens in a channel, by the host's routes. */
function agentOf(cfg: OpenClawConfig, accountId: string, channelId: string): string {
  return resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId,
    peer: { kind: "group", id: channelId },
  }).route.agentId;
}
