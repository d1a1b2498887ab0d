import type { MeshLimits } from "../peer/types.ts";

/** What a store keeps at most. Bytes are those of messages as JSON on the wire, and about what they take on the disk. */
export interface StoreLimits extends Pick<
  MeshLimits,
  "storeBytes" | "storeBytesPerChannel" | "storeBytesPerSender" | "retentionMs"
> {
  /** For messages that nobody can prove; the oldest give way. */
  readonly quarantineBytes: number;
  /** Messages for us that wait to be handled; beyond it the oldest no longer wait, though they stay stored. */
  readonly unhandledMessages: number;
  /** The same in bytes. */
  readonly unhandledBytes: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  storeBytes: 1024 * MIB,
  // One loud channel leaves room for others, one loud sender for the others in a channel.
  storeBytesPerChannel: 512 * MIB,
  storeBytesPerSender: 128 * MIB,
  retentionMs: 30 * 24 * 3_600_000,
  quarantineBytes: 8 * MIB,
  unhandledMessages: 1_000_000,
  unhandledBytes: 256 * MIB,
};
