import type { MeshLimits } from "../peer/types.ts";

/** What a store keeps at most. Bytes are those of messages as JSON on the wire, and about what they take on the disk. */
export interface StoreLimits extends Pick<
  MeshLimits,
  "storeBytes" | "storeBytesPerChannel" | "storeBytesPerSender" | "retentionMs"
> {
  /** For messages that nobody can prove; the oldest give way. */
  readonly quarantineBytes: number;
  /** For channels that neither we nor a neighbor want; the oldest of these channels give way. */
  readonly strayBytes: number;
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
  // Names cost nothing: whoever invents channels must not take the room of those that are used.
  strayBytes: 32 * MIB,
  unhandledMessages: 1_000_000,
  unhandledBytes: 256 * MIB,
};
