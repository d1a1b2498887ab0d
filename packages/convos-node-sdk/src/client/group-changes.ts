import { ConvosError } from "../errors.ts";
import {
  type ConversationMetadata,
  decodeMetadata,
  editMetadata,
  type MetadataChange,
} from "../metadata/conversation-metadata.ts";
import type { XmtpGroup } from "../xmtp/port.ts";

const WRITE_ATTEMPTS = 4;

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
