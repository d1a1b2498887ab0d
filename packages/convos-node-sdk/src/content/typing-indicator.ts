import * as z from "zod";
import {
  convosType,
  type EncodedContentParts,
  jsonContent,
  parseJsonContent,
  type ReceivedContent,
} from "./content-parts.ts";

/** Somebody begins or ceases to type. Stored like any message: of no meaning when read later. */
export interface TypingIndicator {
  readonly isTyping: boolean;
}

export const TYPING_INDICATOR = convosType("typing_indicator");

const wireTypingIndicator = z.object({ isTyping: z.boolean() });

export function encodeTypingIndicator(indicator: TypingIndicator): EncodedContentParts {
  return jsonContent(TYPING_INDICATOR, { isTyping: indicator.isTyping }, { shouldPush: false });
}

/** @throws ConvosError `malformed` or `too_large`. */
export function parseTypingIndicator(parts: ReceivedContent): TypingIndicator {
  return parseJsonContent(parts, TYPING_INDICATOR, wireTypingIndicator);
}
