// Files that people send, before anything of them is fetched or stored outside of our own sealed queue. Pure.
import type { ConvosEvent } from "convos-node-sdk";
import { cleanName } from "channel-kit";
import * as z from "zod";

const hex = z.string().regex(/^[0-9a-f]*$/);
const label = {
  /** The sender's own word, cleaned: for eyes, never a path. */
  name: z.string().optional(),
};

/**
 * A file as it came. The bytes of an `inline` one stay in XMTP's own database until somebody may have them; a `remote` one
 * says where it lies encrypted, and how to open it.
 */
export const InboundFileSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("inline"),
    ...label,
    mimeType: z.string().optional(),
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

export type FileEvent = Extract<
  ConvosEvent,
  { type: "attachment" | "remote_attachment" | "remote_attachments" }
>;
type RemoteEvent = Extract<ConvosEvent, { type: "remote_attachments" }>["files"][number];

/** A web address that is longer serves nobody. */
const MAX_URL_CHARACTERS = 2048;
const MAX_MIME_CHARACTERS = 100;

/** The files of an event, without those that say nothing that could be opened. */
export function toInboundFiles(event: FileEvent): InboundFile[] {
  if (event.type === "attachment") {
    const mimeType = event.mimeType?.slice(0, MAX_MIME_CHARACTERS);
    return [
      {
        kind: "inline",
        ...labelOf(event.filename),
        ...(mimeType === undefined ? {} : { mimeType }),
      },
    ];
  }
  const files = event.type === "remote_attachments" ? event.files : [event];
  return files.flatMap((file) => toRemoteFile(file) ?? []);
}

function toRemoteFile(file: RemoteEvent): InboundFile | undefined {
  if (file.url.length > MAX_URL_CHARACTERS) return undefined;
  const found = InboundFileSchema.safeParse({
    kind: "remote",
    ...labelOf(file.filename),
    url: file.url,
    contentDigest: file.contentDigest.toLowerCase(),
    secret: toHex(file.secret),
    salt: toHex(file.salt),
    nonce: toHex(file.nonce),
    ...(file.contentLength === undefined ? {} : { contentLength: file.contentLength }),
  });
  return found.success ? found.data : undefined;
}

function labelOf(filename = ""): { name?: string } {
  const name = cleanName(filename);
  return name === "" ? {} : { name };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
