import * as z from "zod";
import {
  convosType,
  type EncodedContentParts,
  jsonContent,
  parseJsonContent,
  type ReceivedContent,
} from "./content-parts.ts";

/** Shows that an agent works on an answer; the app says "is thinking about" and the content. Always start, then stop. */
export type Thinking = {
  /** The message that is being answered: its exact id, or the app shows nothing. */
  readonly targetMessageId: string;
  /** Three to five words. */
  readonly content: string;
} & (
  | { readonly state: "start" }
  /** `resultMessageId` is the answer, if there was one. */
  | { readonly state: "stop"; readonly resultMessageId?: string }
);

export const THINKING = convosType("thinking");

const shared = { targetMessageId: z.string().min(1), content: z.string().min(1) };
const wireThinking = z.discriminatedUnion("state", [
  z.object({ state: z.literal("start"), ...shared }),
  z.object({ state: z.literal("stop"), ...shared, resultMessageId: z.string().nullish() }),
]);

export function encodeThinking(thinking: Thinking): EncodedContentParts {
  const { state, targetMessageId, content } = thinking;
  const resultMessageId = thinking.state === "stop" ? thinking.resultMessageId : undefined;
  const value = { state, targetMessageId, content, ...(resultMessageId && { resultMessageId }) };
  return jsonContent(THINKING, value, { shouldPush: false });
}

/** @throws ConvosError `malformed` or `too_large`. */
export function parseThinking(parts: ReceivedContent): Thinking {
  const wire = parseJsonContent(parts, THINKING, wireThinking);
  const { targetMessageId, content } = wire;
  if (wire.state === "start") return { state: "start", targetMessageId, content };
  const { resultMessageId } = wire;
  return { state: "stop", targetMessageId, content, ...(resultMessageId && { resultMessageId }) };
}
