import type { StableChannelIngressIdentityParams } from "openclaw/plugin-sdk/channel-ingress-runtime";

export interface SenderIdentityOptions {
  /** Names the kind of id in the host's diagnostics, e.g. `gossip-user-id`. */
  readonly key: string;
  /**
   * The one form of an id, or `undefined` for anything that is not one. Used for senders and for configured
   * entries alike, so that two spellings of an id are one person and an invalid entry matches nobody.
   */
  normalize(text: string): string | undefined;
  /** Starts the redacted entry ids in diagnostics; default: `key`. */
  readonly entryIdPrefix?: string;
}

/**
 * Describes a channel's sender ids to the host's access policy.
 *
 * The ids are declared `verified`: only use it where the protocol has proven, with cryptography, that the sender
 * holds the id. Names and other things that a person chooses have no place in it.
 */
export function createSenderIdentity(
  options: SenderIdentityOptions,
): StableChannelIngressIdentityParams {
  const normalize = (text: string): string | null => options.normalize(text) ?? null;
  return {
    key: options.key,
    normalizeEntry: normalize,
    normalizeSubject: normalize,
    authentication: "verified",
    sensitivity: "pii",
    entryIdPrefix: options.entryIdPrefix ?? options.key,
  };
}
