// Which invites of ours are out: for how long, for how many, and where their pictures are. The links themselves are in no
// file; only a picture has one, for this user alone and until the invite ends.
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { readPrivateFile, writePrivateFile } from "channel-kit";
import { renderQrPngBase64 } from "openclaw/plugin-sdk/media-runtime";
import * as z from "zod";
import type { NewInvite } from "./client-controls.ts";
import { ConvosChannelError } from "./errors.ts";

const FILE = "invites.json";
const MAX_FILE_BYTES = 256 * 1024;
/** Older ones are forgotten, not ended: revoking ends all of a conversation. */
const MAX_INVITES = 200;
const NAME_CHARACTERS = 12;

const InviteSchema = z.strictObject({
  /** Names the picture; a hash of the link. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  conversationId: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().optional(),
  singleUse: z.boolean(),
  /** How the protocol client knows it; says nothing of the link. */
  inviteId: z.string().optional(),
});
const BookSchema = z.strictObject({ version: z.literal(1), invites: z.array(InviteSchema) });

export type OpenInvite = z.infer<typeof InviteSchema>;

/** @throws ConvosChannelError `state_unusable` for a file that is not ours; it is left as it is. */
export async function listOpenInvites(folder: string): Promise<OpenInvite[]> {
  const file = path.join(folder, FILE);
  const text = await readPrivateFile(file, MAX_FILE_BYTES);
  if (text === undefined) return [];
  try {
    return BookSchema.parse(JSON.parse(text)).invites;
  } catch (cause) {
    throw new ConvosChannelError(
      "state_unusable",
      `convos: ${file} is damaged, or of a newer version; nothing was changed. It only lists invites: ` +
        "move it away, then: openclaw convos invite revoke CONVERSATION",
      { cause },
    );
  }
}

type NotedInvite = NewInvite & {
  readonly conversationId: string;
  readonly createdAtMs: number;
  readonly inviteId?: string;
};

/** Notes an invite and draws its picture (0600). @returns Where the picture is. */
export function noteInvite(folder: string, url: string, invite: NotedInvite): Promise<string> {
  return inOrder(folder, () => note(folder, url, invite));
}

async function note(folder: string, url: string, invite: NotedInvite): Promise<string> {
  const { conversationId, createdAtMs, expiresAtMs, inviteId, singleUse } = invite;
  const id = createHash("sha256").update(url).digest("hex").slice(0, NAME_CHARACTERS);
  const entry = {
    id,
    conversationId,
    createdAtMs,
    singleUse,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(inviteId === undefined ? {} : { inviteId }),
  };
  const others = (await listOpenInvites(folder)).filter((each) => each.id !== id);
  // The book first: a picture that no entry names would never be removed.
  await write(folder, [...others, entry]);
  const png = pictureOf(folder, id);
  await writePrivateFile(png, Buffer.from(await renderQrPngBase64(url), "base64"));
  return png;
}

/** Forgets invites and removes their pictures: those that have ended by now, or all of a conversation. */
export function forgetInvites(
  folder: string,
  isOver: (invite: OpenInvite) => boolean,
): Promise<void> {
  return inOrder(folder, () => forget(folder, isOver));
}

async function forget(folder: string, isOver: (invite: OpenInvite) => boolean): Promise<void> {
  const invites = await listOpenInvites(folder);
  const over = invites.filter((invite) => isOver(invite));
  if (over.length === 0) return;
  for (const { id } of over) await rm(pictureOf(folder, id), { force: true });
  await write(
    folder,
    invites.filter((invite) => !over.includes(invite)),
  );
}

/** For {@link forgetInvites}: an invite that lets nobody in any more. */
export function hasExpired(nowMs: number): (invite: Pick<OpenInvite, "expiresAtMs">) => boolean {
  return ({ expiresAtMs }) => expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

/** By folder, the last change of its book that has begun or waits. */
const changes = new Map<string, Promise<void>>();

/** A gateway may be asked for several at once, and the second one must see what the first one wrote. */
function inOrder<T>(folder: string, change: () => Promise<T>): Promise<T> {
  const done = (changes.get(folder) ?? Promise.resolve()).then(change);
  const settled = done.then(
    () => undefined,
    () => undefined,
  );
  changes.set(folder, settled);
  return done.finally(() => {
    if (changes.get(folder) === settled) changes.delete(folder);
  });
}

function pictureOf(folder: string, id: string): string {
  return path.join(folder, `invite-${id}.png`);
}

async function write(folder: string, invites: readonly OpenInvite[]): Promise<void> {
  const kept = invites.slice(-MAX_INVITES);
  for (const { id } of invites.slice(0, -MAX_INVITES)) {
    await rm(pictureOf(folder, id), { force: true });
  }
  await writePrivateFile(
    path.join(folder, FILE),
    `${JSON.stringify({ version: 1, invites: kept })}\n`,
  );
}
