// Invites between the setup, which reads and stores them, and the gateway, which joins by them. Whoever has an invite can
// ask to join, so it lies sealed, and only until the protocol client has it in its own books.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { ensurePrivateFolder, hasCode, readPrivateFile, writePrivateFile } from "channel-kit";
import * as z from "zod";
import { deriveKey, type ConvosIdentity } from "./client-identity.ts";
import { ConvosChannelError } from "./errors.ts";

/** In the folder of the account. */
export const PENDING_FOLDER = "pending-invites";
const SUFFIX = ".json";
const KEY_LABEL = "openclaw-convos/pending-invites/1";
const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_FILE_BYTES = 64 * 1024;
const NAME_CHARACTERS = 16;

const FileSchema = z.strictObject({ version: z.literal(1), sealed: z.base64() });

/** Where the invites of an account wait, and how they are sealed. */
export interface InvitePlace {
  /** Folder of the account. */
  readonly folder: string;
  readonly identity: ConvosIdentity;
}

export interface PendingInvite {
  /** Names it for {@link removeInvite}. */
  readonly file: string;
  readonly text: string;
}

/** Stores an invite. The same one again is the same file. */
export async function storeInvite({ folder, identity }: InvitePlace, text: string): Promise<void> {
  const home = path.join(folder, PENDING_FOLDER);
  await ensurePrivateFolder(home);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, NAME_CHARACTERS);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, deriveKey(identity.root, KEY_LABEL), nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const sealed = Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64");
  await writePrivateFile(
    path.join(home, `${hash}${SUFFIX}`),
    `${JSON.stringify({ version: 1, sealed })}\n`,
  );
}

/** @throws ConvosChannelError `state_unusable` for a file that is not ours; it is left where it is. */
export async function listInvites({ folder, identity }: InvitePlace): Promise<PendingInvite[]> {
  const home = path.join(folder, PENDING_FOLDER);
  const invites: PendingInvite[] = [];
  for (const name of await listNames(home)) {
    const file = path.join(home, name);
    const content = await readPrivateFile(file, MAX_FILE_BYTES);
    if (content !== undefined) invites.push({ file, text: open(identity, file, content) });
  }
  return invites;
}

/** Forgets an invite: it was joined by, or cannot be. */
export async function removeInvite({ file }: Pick<PendingInvite, "file">): Promise<void> {
  await rm(file, { force: true });
}

async function listNames(home: string): Promise<string[]> {
  try {
    return (await readdir(home)).filter((name) => name.endsWith(SUFFIX)).toSorted();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

function open({ root }: ConvosIdentity, file: string, content: string): string {
  try {
    const sealed = Buffer.from(FileSchema.parse(JSON.parse(content)).sealed, "base64");
    const key = deriveKey(root, KEY_LABEL);
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const body = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([body, decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new ConvosChannelError(
      "state_unusable",
      `convos: ${file} is damaged, or of another identity. Remove it, and ask for a new invite.`,
      { cause },
    );
  }
}
