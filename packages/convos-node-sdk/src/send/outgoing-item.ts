import * as z from "zod";
import type { EncodedContentParts } from "../content/content-parts.ts";
import { ConvosError } from "../errors.ts";

const Item = z.object({
  type: z.object({
    authorityId: z.string(),
    typeId: z.string(),
    versionMajor: z.number(),
    versionMinor: z.number(),
  }),
  parameters: z.record(z.string(), z.string()),
  content: z.string().transform((text): Uint8Array => Buffer.from(text, "base64")),
  fallback: z.string().optional(),
  shouldPush: z.boolean(),
  key: z.string(),
});

/** A message as it waits to be sent: encoded already, so that another version of this program sends the same bytes. */
export type OutgoingItem = EncodedContentParts & { readonly key: string };

export function encodeItem(item: OutgoingItem): Uint8Array {
  const content = Buffer.from(item.content).toString("base64");
  return Buffer.from(JSON.stringify({ ...item, content }), "utf8");
}

/** @throws ConvosError `state_unreadable`. */
export function decodeItem(stored: Uint8Array): OutgoingItem {
  const parsed = Item.safeParse(JSON.parse(Buffer.from(stored).toString("utf8")));
  if (!parsed.success) {
    throw new ConvosError("state_unreadable", "store: a message to send has another form");
  }
  const { fallback, ...item } = parsed.data;
  return { ...item, ...(fallback !== undefined && { fallback }) };
}
