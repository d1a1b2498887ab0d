import * as z from "zod";
import {
  convosType,
  type EncodedContentParts,
  jsonContent,
  parseJsonContent,
  type ReceivedContent,
} from "./content-parts.ts";
import { formatDate, wireDate } from "./date.ts";

/** Says when the conversation ends. Counts only from somebody who may end it now (section 1.14). */
export interface ExplodeSettings {
  readonly expiresAtMs: number;
}

export const EXPLODE_SETTINGS = convosType("explode_settings");

const wireExplodeSettings = z.object({ expiresAt: wireDate });

export function encodeExplodeSettings(settings: ExplodeSettings): EncodedContentParts {
  const value = { expiresAt: formatDate(settings.expiresAtMs) };
  return jsonContent(EXPLODE_SETTINGS, value, { shouldPush: true });
}

/** @throws ConvosError `malformed`, for dates outside the years 1970 to 9999 too, or `too_large`. */
export function parseExplodeSettings(parts: ReceivedContent): ExplodeSettings {
  return { expiresAtMs: parseJsonContent(parts, EXPLODE_SETTINGS, wireExplodeSettings).expiresAt };
}
