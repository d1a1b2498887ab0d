// Whether a message is for the agent: the host's patterns, the agent's name in conversations, or a reply to it.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  buildMentionRegexes,
  implicitMentionKindWhen,
  matchesMentionWithExplicit,
  type InboundMentionFacts,
} from "openclaw/plugin-sdk/channel-inbound";

export interface MentionQuery {
  readonly cfg: OpenClawConfig;
  readonly agentId: string;
  /** How others in the conversation call the agent. */
  readonly names: readonly string[];
  readonly text: string;
  /** The message answers one of ours. */
  readonly answersUs: boolean;
}

/** Looks at one message, for the host's decision about groups. */
export function readMentions(query: MentionQuery): InboundMentionFacts {
  const { agentId, answersUs, cfg, names, text } = query;
  const mentionRegexes = [...buildMentionRegexes(cfg, agentId), ...names.map(nameRegex)];
  return {
    canDetectMention: true,
    wasMentioned: matchesMentionWithExplicit({ text, mentionRegexes }),
    implicitMentionKinds: implicitMentionKindWhen("reply_to_bot", answersUs),
  };
}

/** The name as a word of its own, with or without an @ in front, in any case. */
function nameRegex(name: string): RegExp {
  const literal = escape(name.trim()).replaceAll(/\s+/gu, String.raw`\s+`);
  return new RegExp(String.raw`(?<![\p{L}\p{N}_])@?${literal}(?![\p{L}\p{N}_])`, "iu");
}

/** A text as a pattern for itself. */
function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
}
