import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { logInboundDrop, type InboundMentionFacts } from "openclaw/plugin-sdk/channel-inbound";
import type {
  ChannelIngressContextBinding,
  ChannelIngressPolicyInput,
  IngressReasonCode,
  ResolvedChannelMessageIngress,
  StableChannelIngressIdentityParams,
} from "openclaw/plugin-sdk/channel-ingress-runtime";
import { readChannelAllowFromStore } from "openclaw/plugin-sdk/channel-pairing";
import { ChannelAccessError } from "./errors.ts";
import type { ChannelRuntime } from "./runtime.ts";

export type DmPolicy = ChannelIngressPolicyInput["dmPolicy"];
export type GroupPolicy = ChannelIngressPolicyInput["groupPolicy"];
type AllowEntries = readonly (string | number)[];

/** An account's rules, with defaults filled in. */
export interface AccessPolicy {
  readonly dmPolicy: DmPolicy;
  readonly allowFrom: AllowEntries;
  readonly groupPolicy?: GroupPolicy;
  readonly groupAllowFrom?: AllowEntries;
  /** In groups: only messages that mention the agent. */
  readonly requireMention?: boolean;
}

/** Facts of one inbound event, none of them chosen by the sender except `hasControlCommand`. */
export interface AccessQuery {
  /** The id that the protocol has proven. */
  readonly senderId: string;
  readonly conversation: { readonly kind: "direct" | "group"; readonly id: string };
  /** A reaction never starts a pairing. Default `message`. */
  readonly event?: "message" | "reaction";
  readonly mentionFacts?: InboundMentionFacts;
  /** True when the text is a host command (`hasControlCommand` of the host); asks for its authorization too. */
  readonly hasControlCommand?: boolean;
}

export type AccessDecision =
  | { readonly kind: "allow"; readonly isCommandAuthorized: boolean }
  /** Unknown sender under `pairing`: gets a code, and nothing of the message goes further. */
  | { readonly kind: "pairing" }
  /** Allowed, but not meant for the agent (no mention). */
  | { readonly kind: "skip"; readonly reason: IngressReasonCode }
  | { readonly kind: "block"; readonly reason: IngressReasonCode };

/** The part of the host's channel runtime that decides. */
export interface IngressRuntime {
  readonly inbound: {
    readonly ingress: Pick<ChannelRuntime["inbound"]["ingress"], "resolveStable">;
  };
}

export interface AccessGateOptions {
  readonly channelId: string;
  readonly accountId: string;
  readonly identity: StableChannelIngressIdentityParams;
  readonly runtime: IngressRuntime;
  /** The configuration as it is now; read for every decision, so that a change needs no restart. */
  readConfig(): OpenClawConfig;
  /** Picks this account's rules out of it, as they are for the conversation of this query. */
  selectPolicy(cfg: OpenClawConfig, query: Pick<AccessQuery, "conversation">): AccessPolicy;
  /** Senders approved by pairing; default: the host's store. */
  readApproved?(): Promise<readonly string[]>;
  /** One line per reason and account, without ids. */
  log?(line: string): void;
}

export interface AccessGate {
  /**
   * Decides one event with the rules of this moment.
   *
   * @throws {@link ChannelAccessError} `undecidable` when the approvals are needed and cannot be read.
   */
  decide(query: AccessQuery): Promise<AccessDecision>;
  /**
   * Decides again, for the agent and session chosen meanwhile, and gives the host's own result, which its context
   * builder accepts once. `undefined` = not allowed any more.
   */
  bind(
    query: AccessQuery,
    binding: ChannelIngressContextBinding,
  ): Promise<ResolvedChannelMessageIngress | undefined>;
  /**
   * Is this person on the list for direct messages or approved by pairing, himself and not by a wildcard? What is done for
   * good is done for such people only: an open policy lets in whoever comes.
   *
   * @throws {@link ChannelAccessError} `undecidable` when the approvals cannot be read.
   */
  isNamed(senderId: string): Promise<boolean>;
}

/** Asks the host who may speak to the agent. All policy is the host's; this only brings it the facts, each time anew. */
export function createAccessGate(options: AccessGateOptions): AccessGate {
  const { accountId, channelId } = options;

  async function resolve(
    query: AccessQuery,
    binding: ChannelIngressContextBinding | undefined,
    adjust: (policy: AccessPolicy) => AccessPolicy = (policy) => policy,
  ): Promise<{ result: ResolvedChannelMessageIngress; policy: AccessPolicy }> {
    const cfg = options.readConfig();
    const policy = adjust(options.selectPolicy(cfg, query));
    const isGroup = query.conversation.kind === "group";
    const event = query.event ?? "message";
    const approvals = new ApprovalReader(options);
    const result = await options.runtime.inbound.ingress.resolveStable({
      channelId,
      accountId,
      identity: options.identity,
      cfg,
      // The host would read them for `disabled` too, where they change nothing.
      readStoreAllowFrom: async ({ dmPolicy }) => (dmPolicy === "pairing" ? approvals.read() : []),
      subject: { stableId: query.senderId },
      conversation: query.conversation,
      ...(binding === undefined ? {} : { contextBinding: binding }),
      event: { kind: event, authMode: "inbound", mayPair: !isGroup && event === "message" },
      dmPolicy: policy.dmPolicy,
      allowFrom: [...policy.allowFrom],
      // A group that nobody configured is closed, whatever the direct messages are.
      groupPolicy: policy.groupPolicy ?? "disabled",
      groupAllowFrom: [...(policy.groupAllowFrom ?? [])],
      policy: {
        groupAllowFromFallbackToAllowFrom: false,
        ...(isGroup
          ? {
              activation: {
                requireMention: policy.requireMention ?? true,
                allowTextCommands: true,
              },
            }
          : {}),
      },
      ...(query.mentionFacts === undefined ? {} : { mentionFacts: query.mentionFacts }),
      ...(query.hasControlCommand === true
        ? { command: { allowTextCommands: true, hasControlCommand: true } }
        : {}),
    });
    approvals.assertRead();
    return { result, policy };
  }

  return {
    decide: async (query) => {
      const { result, policy } = await resolve(query, undefined);
      const decision = describe(result);
      if (decision.kind === "block" && options.log !== undefined) {
        const isUnreachableOpen = policy.dmPolicy === "open" && !policy.allowFrom.includes("*");
        logInboundDrop({
          log: (line) => options.log?.(line),
          channel: channelId,
          reason: decision.reason,
          onceKey: JSON.stringify([accountId, query.conversation.kind]),
          ...(isUnreachableOpen && query.conversation.kind === "direct"
            ? { hint: `dmPolicy "open" admits nobody unless allowFrom has "*"` }
            : {}),
        });
      }
      return decision;
    },
    bind: async (query, binding) => {
      const { result } = await resolve(query, binding);
      return result.ingress.admission === "dispatch" ? result : undefined;
    },
    isNamed: async (senderId) => {
      const conversation = { kind: "direct", id: senderId } as const;
      const { result } = await resolve({ senderId, conversation }, undefined, (policy) => ({
        ...policy,
        dmPolicy: "pairing",
        allowFrom: policy.allowFrom.filter((entry) => String(entry).trim() !== "*"),
      }));
      return result.ingress.admission === "dispatch";
    },
  };
}

/**
 * Reads the approvals for one decision and remembers a failure: the host takes unreadable approvals for none, which
 * is safe, but would answer an approved sender with a new code and forget the message.
 */
class ApprovalReader {
  readonly #options: AccessGateOptions;
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: AccessGateOptions) {
    this.#options = options;
  }

  async read(): Promise<readonly string[]> {
    const { accountId, channelId } = this.#options;
    try {
      return (
        (await this.#options.readApproved?.()) ??
        (await readChannelAllowFromStore(channelId, process.env, accountId))
      );
    } catch (cause) {
      this.#failure = { cause };
      throw cause;
    }
  }

  assertRead(): void {
    if (this.#failure !== undefined) {
      throw new ChannelAccessError("undecidable", "access: the approvals cannot be read", {
        cause: this.#failure.cause,
      });
    }
  }
}

function describe(result: ResolvedChannelMessageIngress): AccessDecision {
  const { admission, reasonCode } = result.ingress;
  if (admission === "dispatch") {
    return { kind: "allow", isCommandAuthorized: result.commandAccess.authorized };
  }
  if (admission === "pairing-required") {
    return { kind: "pairing" };
  }
  if (admission === "skip" || admission === "observe") {
    return { kind: "skip", reason: reasonCode };
  }
  // `drop`, and whatever a later host may add: not let in.
  return { kind: "block", reason: reasonCode };
}
