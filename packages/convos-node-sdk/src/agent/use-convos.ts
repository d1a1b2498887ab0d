import type { Agent, AgentMiddleware } from "@xmtp/agent-sdk";
import type { Client, Conversation, Dm, Group } from "@xmtp/node-sdk";
import type { EncodedContentParts } from "../content/content-parts.ts";
import { encodeProfileUpdate } from "../content/profile-update.ts";
import { encodeThinking, type Thinking } from "../content/thinking.ts";
import { encodeTypingIndicator } from "../content/typing-indicator.ts";
import { emojiForConversation } from "../emoji/conversation-emoji.ts";
import { ConvosError } from "../errors.ts";
import { createInvite } from "../invite/invite.ts";
import { decodeMetadata, editMetadata, encodeMetadata } from "../metadata/conversation-metadata.ts";
import { createTag } from "../metadata/tag.ts";
import type { ResolvedProfile } from "../profile/resolve-profiles.ts";
import { AgentAdmission } from "./agent-admission.ts";
import { isBookkeeping, toEncodedContent } from "./codecs.ts";
import { loadAgentProfiles } from "./member-profiles.ts";
import {
  type ConvosAgentOptions,
  type ResolvedAgentOptions,
  resolveAgentOptions,
} from "./options.ts";

/**
 * Makes an agent of `@xmtp/agent-sdk` one that Convos people can talk to: join requests by invite are answered, the app's
 * bookkeeping never reaches a handler, and everything that a person wrote does. Call it before `agent.start()`.
 *
 * An agent has one inbox for all its conversations, and the SDK's stream loses what arrives while it is down:
 * docs/adr/0014-agent-or-client.md. For an inbox per conversation and nothing lost, use `ConvosClient`.
 *
 * @param agent - Made with `new Agent({ client })`, the client with `codecs: convosCodecs()`.
 */
export function useConvos<T>(agent: Agent<T>, options: ConvosAgentOptions): ConvosAgent {
  const resolved = resolveAgentOptions(options);
  if (resolved.key.inboxId !== agent.client.inboxId) {
    throw new ConvosError(
      "wrong_key",
      "convos agent: the key is not the one of the client's inbox",
    );
  }
  const admission = new AgentAdmission(agent.client, resolved);
  agent.use(createMiddleware<T>(admission));
  agent.on("start", () => {
    // An emitter does not wait for its listeners.
    void admission
      .catchUp()
      .catch(() => resolved.warn("join requests from before the start could not be read"));
  });
  return new ConvosAgent(agent.client, resolved);
}

function createMiddleware<T>(admission: AgentAdmission): AgentMiddleware<T> {
  return async (ctx, next) => {
    const { message, conversation } = ctx;
    if (isDirect(conversation) && (await admission.take(conversation, message))) return;
    if (!isBookkeeping(message)) await next();
  };
}

/** What an agent does in Convos beside talking. Every method needs the network. */
export class ConvosAgent {
  readonly #client: Client<unknown>;
  readonly #options: ResolvedAgentOptions;

  /** Made by {@link useConvos}. */
  constructor(client: Client<unknown>, options: ResolvedAgentOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Makes a conversation, with the agent alone in it. */
  async createConversation(options: { name?: string; description?: string; emoji?: string } = {}) {
    const { name, description } = options;
    const group = await this.#client.conversations.createGroup([], {
      ...(name !== undefined && { groupName: name }),
      ...(description !== undefined && { groupDescription: description }),
    });
    const emoji = options.emoji ?? emojiForConversation(group.id);
    await group.updateAppData(encodeMetadata({ tag: createTag(), profiles: [], emoji }));
    await this.updateProfile(group, this.#options.profile);
    return group;
  }

  /**
   * Makes an invite to a conversation of the agent's. Whoever has it can ask to join.
   *
   * @throws ConvosError `unknown_conversation` | `not_allowed` (it has no tag, so nobody can join by invite).
   */
  createInvite(
    conversationId: string,
    options: { expiresAtMs?: number; singleUse?: boolean } = {},
  ): { url: string; slug: string } {
    const { tag } = decodeMetadata(this.#demandGroup(conversationId).appData);
    if (tag === "") throw new ConvosError("not_allowed", "invite: the conversation has no tag");
    return createInvite({
      privateKey: this.#options.key.privateKey,
      creatorInboxId: this.#client.inboxId,
      conversationId,
      tag,
      network: this.#options.network,
      expiresAfterUse: options.singleUse === true,
      ...(options.expiresAtMs !== undefined && {
        expiresAtUnix: Math.floor(options.expiresAtMs / 1000),
      }),
    });
  }

  /** Ends every invite made so far, by a new tag. @throws ConvosError `unknown_conversation` | `malformed`. */
  async revokeInvites(conversationId: string): Promise<void> {
    const group = this.#demandGroup(conversationId);
    await group.sync();
    await group.updateAppData(editMetadata(group.appData, { tag: createTag() }));
  }

  /** How the members of a conversation show themselves, by inbox id: their own words, to be shown and not to be trusted. */
  async profiles(conversationId: string): Promise<ReadonlyMap<string, ResolvedProfile>> {
    return loadAgentProfiles(this.#demandGroup(conversationId));
  }

  /** How the agent shows itself in one conversation, in place of what was before. */
  async updateProfile(
    conversation: Conversation,
    profile: { readonly name?: string },
  ): Promise<void> {
    await send(conversation, encodeProfileUpdate({ ...profile, memberKind: "agent" }));
  }

  async setTyping(conversation: Conversation, isTyping: boolean): Promise<void> {
    await send(conversation, encodeTypingIndicator({ isTyping }));
  }

  /** Always a start, then a stop. */
  async setThinking(conversation: Conversation, thinking: Thinking): Promise<void> {
    await send(conversation, encodeThinking(thinking));
  }

  #demandGroup(conversationId: string): Group {
    const groups = this.#client.conversations.listGroups();
    const group = groups.find(({ id }) => id === conversationId);
    if (group === undefined) throw new ConvosError("unknown_conversation", "no such conversation");
    return group;
  }
}

/** Other than a group, it knows a peer. */
function isDirect(conversation: Conversation): conversation is Dm {
  return "peerInboxId" in conversation;
}

async function send(conversation: Conversation, parts: EncodedContentParts): Promise<void> {
  await conversation.send(toEncodedContent(parts), { shouldPush: parts.shouldPush });
}
