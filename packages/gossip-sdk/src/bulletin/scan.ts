import {
  type AnnouncementScanKey,
  rejectForeignAnnouncement,
} from "../announcement/announcement.ts";
import type { CryptoProvider } from "../crypto/provider.ts";

/**
 * Finds which announcements may be for which key. One per process and relay, closed with its feed.
 *
 * @returns For each key, the indexes of the announcements that are not certainly foreign. They still have to be opened.
 */
export interface Scanner {
  scan(
    keys: readonly AnnouncementScanKey[],
    announcements: readonly Uint8Array[],
  ): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

/** Tries one announcement with every key; adds its index to the finds of those it may be for. */
export function scanOne(
  keys: readonly AnnouncementScanKey[],
  announcement: Uint8Array,
  crypto: CryptoProvider,
  found: (keyIndex: number) => void,
): void {
  for (const [keyIndex, key] of keys.entries()) {
    if (!rejectForeignAnnouncement(key, announcement, crypto)) found(keyIndex);
  }
}
