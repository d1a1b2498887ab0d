/** A page for the scan worker. */
export interface ScanRequest {
  readonly id: number;
  readonly keys: readonly { readonly kemSeed: Uint8Array; readonly kemPublicKey: Uint8Array }[];
  /** All announcements, one after the other. */
  readonly bytes: Uint8Array;
  readonly lengths: readonly number[];
}

/** What the worker found: for each key, indexes of announcements that are not certainly foreign. */
export interface ScanReply {
  readonly id: number;
  readonly finds: readonly (readonly number[])[];
}
