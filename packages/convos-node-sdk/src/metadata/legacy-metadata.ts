import * as z from "zod";
import { malformed } from "../errors.ts";
import type { ConversationMetadata } from "./conversation-metadata.ts";

const legacyMetadata = z.object({
  tag: z.string().optional(),
  expiresAtUnix: z.number().optional(),
});

/**
 * Metadata in the JSON form of early versions, which is read and never written. Undefined for text that is not JSON.
 *
 * @throws ConvosError `malformed` for JSON of another form.
 */
export function tryParseLegacyMetadata(appData: string): ConversationMetadata | undefined {
  if (!appData.startsWith("{")) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(appData);
  } catch (cause) {
    throw malformed("metadata: neither JSON nor base64url", cause);
  }
  const parsed = legacyMetadata.safeParse(json);
  if (!parsed.success) throw malformed("metadata: JSON of another form");
  const { tag = "", expiresAtUnix } = parsed.data;
  return { tag, profiles: [], ...(expiresAtUnix && { expiresAtUnix }) };
}
