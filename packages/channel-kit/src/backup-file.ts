// One identity in one file, sealed with a passphrase. The file holds the recovery words and who they make, nothing of the
// conversations: a ratchet that is brought back is an old copy, and people are found again from the words alone.
import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  scrypt,
  type ScryptOptions,
} from "node:crypto";
import { promisify } from "node:util";
import * as z from "zod";
import { ChannelKitError } from "./errors.ts";
import { SecretText } from "./secret-text.ts";

const VERSION = 1;
/** 128 MiB and about half a second for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
/** A file may ask for at most this much, so that a forged one cannot take all memory. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SALT_BYTES = 16;

/** Shorter passphrases are refused: the file is made to lie in a drawer or a cloud. */
export const MIN_PASSPHRASE_CHARACTERS = 12;

const Base64Schema = z.base64().max(4096);

const HeaderSchema = z.strictObject({
  format: z.string().max(64),
  version: z.literal(VERSION),
  createdAt: z.iso.datetime(),
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    N: z
      .int()
      .min(2 ** 14)
      .max(2 ** 20),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
    salt: Base64Schema,
  }),
  cipher: z.strictObject({ name: z.literal("aes-256-gcm"), iv: Base64Schema }),
});
const FileSchema = HeaderSchema.extend({ data: Base64Schema });

const ContentSchema = z.strictObject({
  userId: z.string().min(1),
  username: z.string().min(1),
  mnemonic: z.string().min(1),
});

export interface BackupContent {
  readonly userId: string;
  readonly username: string;
  readonly mnemonic: SecretText;
}

/** Seals an identity. @param channelId - Whose it is; another channel does not open it. @returns The text of the file. */
export async function sealBackup(
  channelId: string,
  content: BackupContent,
  passphrase: SecretText,
  createdAt: Date,
): Promise<string> {
  const header: z.infer<typeof HeaderSchema> = {
    format: formatOf(channelId),
    version: VERSION,
    createdAt: createdAt.toISOString(),
    kdf: { name: "scrypt", ...COST, salt: randomBytes(SALT_BYTES).toString("base64") },
    cipher: { name: "aes-256-gcm", iv: randomBytes(IV_BYTES).toString("base64") },
  };
  const key = await deriveKey(passphrase, header.kdf);
  const iv = Buffer.from(header.cipher.iv, "base64");
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(authenticated(header));
  const clear = JSON.stringify({ ...content, mnemonic: content.mnemonic.reveal() });
  const data = Buffer.concat([cipher.update(clear, "utf8"), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  return `${JSON.stringify({ ...header, data: data.toString("base64") }, undefined, 2)}\n`;
}

/**
 * Opens what {@link sealBackup} made.
 *
 * @throws ChannelKitError `backup_unreadable`: no such file, a newer one, damaged, or another passphrase.
 */
export async function openBackup(
  channelId: string,
  text: string,
  passphrase: SecretText,
): Promise<BackupContent> {
  const { data, ...header } = parseFile(channelId, text);
  const key = await deriveKey(passphrase, header.kdf);
  try {
    const sealed = Buffer.from(data, "base64");
    const iv = Buffer.from(header.cipher.iv, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })
      .setAAD(authenticated(header))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const clear = Buffer.concat([
      decipher.update(sealed.subarray(0, -TAG_BYTES)),
      decipher.final(),
    ]);
    const { mnemonic, ...content } = ContentSchema.parse(JSON.parse(clear.toString("utf8")));
    return { ...content, mnemonic: new SecretText(mnemonic) };
  } catch (cause) {
    throw unreadable("the passphrase is another one, or the file was changed", cause);
  } finally {
    key.fill(0);
  }
}

function formatOf(channelId: string): string {
  return `openclaw-${channelId}-backup`;
}

function parseFile(channelId: string, text: string): z.infer<typeof FileSchema> {
  const parsed = tryParseJson(text);
  const version = z
    .object({ format: z.literal(formatOf(channelId)), version: z.number() })
    .safeParse(parsed);
  if (version.success && version.data.version > VERSION) {
    throw unreadable(
      `a newer version of this plugin wrote it: openclaw plugins update ${channelId}`,
    );
  }
  const file = FileSchema.safeParse(parsed);
  if (!file.success || !version.success) {
    throw unreadable(`it is no backup of ${channelId}, or it is cut short`);
  }
  return file.data;
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The header is bound to the contents: nobody can lower its cost or change its date. */
function authenticated(header: z.infer<typeof HeaderSchema>): Buffer {
  const { cipher, createdAt, format, kdf, version } = header;
  const { N, name, p, r, salt } = kdf;
  const fields = [format, version, createdAt, name, N, r, p, salt, cipher.name, cipher.iv];
  return Buffer.from(JSON.stringify(fields));
}

const runScrypt = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

async function deriveKey(
  passphrase: SecretText,
  { N, p, r, salt }: z.infer<typeof HeaderSchema>["kdf"],
): Promise<Buffer> {
  if (128 * N * r > MAX_MEMORY_BYTES)
    throw unreadable("it asks for more memory than a backup needs");
  return await runScrypt(
    passphrase.reveal().normalize("NFKC"),
    Buffer.from(salt, "base64"),
    KEY_BYTES,
    { N, r, p, maxmem: 2 * MAX_MEMORY_BYTES },
  );
}

function unreadable(reason: string, cause?: unknown): ChannelKitError {
  return new ChannelKitError(
    "backup_unreadable",
    `cannot open the backup: ${reason}. Nothing was changed.`,
    { cause },
  );
}
