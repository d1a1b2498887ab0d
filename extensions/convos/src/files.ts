// Files that people send, before anything of them is fetched or stored outside of our own sealed queue. Pure.
import type { ConvosEvent } from "convos-node-sdk";
import { cleanName } from "channel-kit";
import * as z from "zod";

const hex = z.string().regex(/^[0-9a-f]*$/);
const label = {
  /** The sender's own word, cleaned: for eyes, never a path. */
  name: z.string().optional(),
};

/** A file as it came: its bytes (base64), or where it lies encrypted and how to open it. */
export const InboundFileSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("inline"),
    ...label,
    mimeType: z.string().optional(),
    bytes: z.base64(),
  }),
  z.strictObject({
    kind: z.literal("remote"),
    ...label,
    url: z.string(),
    contentDigest: hex,
    secret: hex,
    salt: hex,
    nonce: hex,
    /** As the sender says; the download has limits of its own. */
    contentLength: z.number().optional(),
  }),
]);

export type InboundFile = z.infer<typeof InboundFileSchema>;
export type RemoteFile = Extract<InboundFile, { kind: "remote" }>;

type FileEvent = Extract<ConvosEvent, { type: "attachment" | "remote_attachment" }>;

/** A web address that is longer serves nobody. */
const MAX_URL_CHARACTERS = 2048;
const MAX_MIME_CHARACTERS = 100;

/** @returns The file of an event; undefined for one that says nothing that could be opened. */
export function toInboundFile(event: FileEvent): InboundFile | undefined {
  const name = cleanName(event.filename ?? "");
  const labeled = name === "" ? {} : { name };
  if (event.type === "attachment") {
    const mimeType = event.mimeType?.slice(0, MAX_MIME_CHARACTERS);
    return {
      kind: "inline",
      ...labeled,
      ...(mimeType === undefined ? {} : { mimeType }),
      bytes: Buffer.from(event.bytes).toString("base64"),
    };
  }
  if (event.url.length > MAX_URL_CHARACTERS) return undefined;
  const found = InboundFileSchema.safeParse({
    kind: "remote",
    ...labeled,
    url: event.url,
    contentDigest: event.contentDigest.toLowerCase(),
    secret: toHex(event.secret),
    salt: toHex(event.salt),
    nonce: toHex(event.nonce),
    ...(event.contentLength === undefined ? {} : { contentLength: event.contentLength }),
  });
  return found.success ? found.data : undefined;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
