// Files in the payload of a message, before anything of them is opened or fetched. Pure. docs/protocol/mesh.md 2.5.
import { createHash } from "node:crypto";
import { cleanName } from "channel-kit";
import * as z from "zod";
import type { OutgoingFile } from "./message-body.ts";

/** Bytes of a file inside a message, either way: a frame takes 256 KiB. */
export const MAX_INLINE_BYTES = 128 * 1024;
const MAX_URL_CHARACTERS = 2048;
const MAX_MIME_CHARACTERS = 100;

const label = {
  /** The sender's own word, cleaned: for eyes, never a path. */
  name: z.string().optional(),
  mimeType: z.string().optional(),
  /** SHA-256 of the bytes in hexadecimal digits, and their number, as the sender says. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  size: z.int().nonnegative().optional(),
};

/** A file as it came: its bytes in base64, or an address where they lie. */
export const InboundFileSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("inline"), ...label, bytes: z.base64() }),
  z.strictObject({ kind: z.literal("remote"), ...label, url: z.string() }),
]);

export type InboundFile = z.infer<typeof InboundFileSchema>;

const PayloadSchema = z.looseObject({
  base64: z.string().optional(),
  url: z.string().optional(),
  mime: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  sha256: z.string().optional(),
  size: z.number().optional(),
});

/**
 * The file in a payload. `none`: the payload speaks of no file. `unreadable`: it does, and cannot be taken: too large, not
 * base64, no https address, or encrypted.
 */
export function readFile(payload: unknown): InboundFile | "none" | "unreadable" {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return "none";
  if (!("base64" in payload) && !("url" in payload)) return "none";
  // The bytes at the address are encrypted, which we do not open.
  if ("key" in payload) return "unreadable";
  const parsed = PayloadSchema.safeParse(payload);
  if (!parsed.success) return "unreadable";
  const { base64, mime, name, sha256, size, url } = parsed.data;
  const file = {
    ...labelOf(name),
    ...(mime === undefined ? {} : { mimeType: mime.slice(0, MAX_MIME_CHARACTERS) }),
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    ...(size === undefined ? {} : { size }),
  };
  const found =
    base64 === undefined
      ? { kind: "remote" as const, ...file, url: url ?? "" }
      : { kind: "inline" as const, ...file, bytes: base64 };
  const checked = InboundFileSchema.safeParse(found);
  return checked.success && isTaken(checked.data) ? checked.data : "unreadable";
}

function isTaken(file: InboundFile): boolean {
  if (file.kind === "inline") return Buffer.byteLength(file.bytes, "base64") <= MAX_INLINE_BYTES;
  return file.url.length <= MAX_URL_CHARACTERS && /^https:\/\//iu.test(file.url);
}

/** Whether these are the bytes that the sender spoke of, as far as that was said. */
export function isWhatWasSaid(
  bytes: Uint8Array,
  { sha256, size }: Pick<InboundFile, "sha256" | "size">,
): boolean {
  if (size !== undefined && size !== bytes.length) return false;
  return sha256 === undefined || sha256 === hashOf(bytes);
}

/** The payload of a file of ours. */
export function toPayload({ bytes, mimeType, name }: OutgoingFile): Record<string, unknown> {
  const content = Buffer.from(bytes, "base64");
  return {
    type: typeOf(mimeType),
    mime: mimeType,
    name,
    size: content.length,
    sha256: hashOf(content),
    base64: bytes,
  };
}

/** What other peers tell kinds of media apart by. */
function typeOf(mimeType: string): string {
  const kind = mimeType.split("/")[0] ?? "";
  return ["image", "audio", "video"].includes(kind) ? kind : "file";
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function labelOf(text = ""): { name?: string } {
  const name = cleanName(text);
  return name === "" ? {} : { name };
}
