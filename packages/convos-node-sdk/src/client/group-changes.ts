import { ConvosError } from "../errors.ts";
import type { ClientContext } from "./client-context.ts";
import type { BookStep } from "./conversation-book.ts";
import {
  type ConversationMetadata,
  decodeMetadata,
  editMetadata,
  type MetadataChange,
} from "../metadata/conversation-metadata.ts";
import { createOwnTag } from "../metadata/own-tag.ts";
import type { ConvosKey } from "../identity/key.ts";
import type { Serial } from "../pacing/serial.ts";
import type { XmtpGroup } from "../xmtp/port.ts";

const WRITE_ATTEMPTS = 4;

/**
 * Ends every invite made so far, by a new tag. The old one is noted first: no member brings it back.
 *
 * @param note - Done together with that note, and once for a tag, however often this is tried.
 * @throws As below.
 */
export async function rotateTag(
  { book }: Pick<ClientContext, "book">,
  { id, key, commits }: { readonly id: number; readonly key: ConvosKey; readonly commits: Serial },
  group: XmtpGroup,
  note?: (step: BookStep) => void,
): Promise<void> {
  const tag = createOwnTag(key);
  await commits.run(async () => {
    const old = decodeMetadata(group.appData()).tag;
    book.step((step) => {
      const { ledger } = step.store;
      if (ledger.find(id, "revoked tag", old) === undefined) note?.(step);
      ledger.add(id, "revoked tag", old, "");
    });
    await writeMetadata(group, { tag });
  });
  book.step((step) => step.update(id, { tag }));
}

/** Whether a member wrote a tag back that we ended. What is invited under it would be let in by nobody. */
export function isTagRevoked(
  { store }: Pick<ClientContext, "store">,
  conversation: number,
  group: XmtpGroup,
): boolean {
  const { tag } = decodeMetadata(group.appData());
  return store.ledger.find(conversation, "revoked tag", tag) !== undefined;
}

/**
 * Changes a group's metadata: reads, edits, writes, and reads again. Another member may write at the same moment, and the
 * later of two whole values would win.
 *
 * @throws ConvosError `malformed` (undecodable metadata are not written over) | `not_allowed` | `too_large` | of XMTP.
 */
export async function writeMetadata(
  group: XmtpGroup,
  change: MetadataChange,
): Promise<ConversationMetadata> {
  for (let attempt = 1; ; attempt += 1) {
    await group.sync();
    const wanted = editMetadata(group.appData(), change);
    try {
      if (wanted !== group.appData()) await group.updateAppData(wanted);
      await group.sync();
    } catch (error) {
      if (!(error instanceof ConvosError) || error.code !== "xmtp_failed") throw error;
      if (attempt === WRITE_ATTEMPTS) throw error;
      continue;
    }
    const found = decodeMetadata(group.appData());
    if (isWritten(found, change)) return found;
    if (attempt === WRITE_ATTEMPTS) {
      throw new ConvosError("xmtp_failed", "write metadata: another member keeps changing them");
    }
  }
}

function isWritten(found: ConversationMetadata, change: MetadataChange): boolean {
  return (
    (change.tag === undefined || found.tag === change.tag) &&
    (change.emoji === undefined || (found.emoji ?? null) === change.emoji) &&
    (change.expiresAtUnix === undefined || (found.expiresAtUnix ?? null) === change.expiresAtUnix)
  );
}
