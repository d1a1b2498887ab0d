// Files that were stored for a turn which did not come to its begin: the next attempt has them, and stores nothing twice.
import type { ChannelInboundMediaInput } from "openclaw/plugin-sdk/channel-inbound";

/** More files do not wait for a next attempt. */
const MAX_KEPT = 200;

/** A file as OpenClaw's media store has it. */
export type StoredFile = ChannelInboundMediaInput & { readonly path: string };

export interface StoredFiles {
  /** @returns What was stored under this key, unless it has been deleted since. */
  find(key: string): Promise<StoredFile | undefined>;
  note(key: string, file: StoredFile): void;
}

/** In memory only: after a crash a file is stored again, and the first one goes with its conversation. */
export function createStoredFiles(exists: (path: string) => Promise<boolean>): StoredFiles {
  const kept = new Map<string, StoredFile>();
  return {
    find: async (key) => {
      const file = kept.get(key);
      return file !== undefined && (await exists(file.path)) ? file : undefined;
    },
    note: (key, file) => {
      kept.delete(key);
      kept.set(key, file);
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    },
  };
}
