import { tryReadPeerId } from "../identity/peer-id.ts";

/** The plain direct channel of the reference: the two ids in clear (section 5.1). */
const PLAIN_DIRECT = /^dm:([A-Za-z0-9_-]{43}):([A-Za-z0-9_-]{43})$/;

/** The two peers of a plain direct channel; undefined for any other channel. */
export function readDirectPair(channelId: string): readonly [string, string] | undefined {
  const [, one, other] = PLAIN_DIRECT.exec(channelId) ?? [];
  if (one === undefined || other === undefined) return undefined;
  const areKeys = tryReadPeerId(one) !== undefined && tryReadPeerId(other) !== undefined;
  return areKeys ? [one, other] : undefined;
}

/**
 * Whether a neighbor may read a channel. Everybody may, except for plain direct messages: anyone can say to be one of the two,
 * so only one of them that has proven it gets them. Any other channel that calls itself `dm:` has readers that nobody can
 * tell, and goes to nobody.
 */
export function mayReadChannel(
  link: { readonly peerId: string; readonly isProven: boolean },
  channelId: string,
): boolean {
  if (!channelId.startsWith("dm:")) return true;
  return link.isProven && readDirectPair(channelId)?.includes(link.peerId) === true;
}
