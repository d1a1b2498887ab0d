// Who may speak: OpenClaw's own decision, asked again for every message with the policy as it is at that moment.
import {
  ChannelAccessError,
  createAccessGate,
  type AccessDecision,
  type AccessGate,
  type AccessGateOptions,
  type AccessQuery,
} from "channel-access";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { hasControlCommand } from "openclaw/plugin-sdk/command-detection";
import { resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import type { InboundFacts } from "./inbound.ts";
import type { GossipMessageBody } from "./message-body.ts";
import { listGossipOwners } from "./owner-grant.ts";
import { gossipSenderIdentity } from "./sender-identity.ts";

type ContextBinding = Parameters<AccessGate["bind"]>[1];

export interface GossipGate {
  /** May these facts have an effect? `pairing` only for facts that a person could have written to be let in. */
  decide(facts: InboundFacts): Promise<AccessDecision>;
  /** The host's own result for the turn about to start; undefined when the sender lost access meanwhile. */
  bind(messages: Messages, binding: ContextBinding): ReturnType<AccessGate["bind"]>;
  /**
   * May a message of an earlier attempt still go out? An answer only to somebody who is allowed, a pairing code only
   * to somebody who would get one now, and what the operator wrote to anybody.
   */
  mayResend(message: Pick<GossipMessageBody, "purpose" | "to">): Promise<boolean>;
  /** Would a message of this person be heard now? */
  isAdmitted(userId: string): Promise<boolean>;
  /**
   * Did the operator let in this person: on the list, approved by pairing, or owner? Whom an open policy alone lets in
   * is a stranger, and so is everybody while the approvals cannot be read.
   */
  isNamed(userId: string): Promise<boolean>;
  /**
   * Should the contact request of this person be accepted? Acceptance alone lets nobody speak. `trusted` says that the
   * operator named the person, so that the protocol client may keep the conversation for good.
   */
  judgeContact(userId: string): Promise<"rejected" | "accepted" | "trusted">;
}

export interface GossipGateOptions {
  readonly accountId: string;
  readonly runtime: AccessGateOptions["runtime"];
  /** The configuration as it is now. */
  readonly readConfig: () => OpenClawConfig;
  /** Senders approved by pairing; default: the host's store. */
  readonly readApproved?: () => Promise<string[]>;
  readonly log?: (line: string) => void;
}

export function createGossipGate(options: GossipGateOptions): GossipGate {
  const { accountId, readConfig } = options;
  const gate = createAccessGate({
    channelId: CHANNEL_ID,
    accountId,
    identity: gossipSenderIdentity,
    runtime: options.runtime,
    readConfig,
    selectPolicy: (cfg) => {
      const { dmPolicy, allowFrom } = resolveGossipAccount(cfg, accountId);
      return { dmPolicy, allowFrom };
    },
    ...(options.readApproved === undefined ? {} : { readApproved: options.readApproved }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  const messageQuery = (messages: Messages): AccessQuery => ({
    ...queryOf(messages[0].peer),
    event: "message",
    hasControlCommand: hasControlCommand(joinTexts(messages), readConfig()),
  });
  const isAdmitted = async (userId: string): Promise<boolean> =>
    (await gate.decide({ ...queryOf(userId), event: "message" })).kind === "allow";
  const isNamed = async (userId: string): Promise<boolean> => {
    if (listGossipOwners(readConfig()).includes(userId)) return true;
    try {
      return await gate.isNamed(userId);
    } catch (error) {
      if (error instanceof ChannelAccessError && error.code === "undecidable") return false;
      throw error;
    }
  };
  return {
    decide: (facts) =>
      gate.decide(
        facts.kind === "message"
          ? messageQuery([facts])
          : { ...queryOf(facts.peer), event: facts.kind === "contact" ? "message" : "reaction" },
      ),
    bind: (messages, binding) => gate.bind(messageQuery(messages), binding),
    mayResend: async ({ purpose, to }) => {
      if (purpose === "operator") return true;
      const { kind } = await gate.decide({ ...queryOf(to), event: "message" });
      return kind === (purpose === "pairing" ? "pairing" : "allow");
    },
    isAdmitted,
    isNamed,
    judgeContact: async (userId) => {
      const { autoAccept, dmPolicy } = resolveGossipAccount(readConfig(), accountId);
      if (dmPolicy === "disabled") return "rejected";
      if (await isAdmitted(userId)) return (await isNamed(userId)) ? "trusted" : "accepted";
      return autoAccept === "all" ? "accepted" : "rejected";
    },
  };
}

function queryOf(senderId: string): Pick<AccessQuery, "senderId" | "conversation"> {
  return { senderId, conversation: { kind: "direct", id: senderId } };
}
