// Ids as people write them: in allowFrom, as a message target, in a pairing request. Only the id part of the SDK is
// loaded, because setup must not load the protocol.
import { tryParseGroupEntry } from "channel-access/cold";
import { tryParseUserId } from "gossip-sdk/user-id";
import { GossipChannelError } from "./errors.ts";

const TARGET_PREFIX = "gossip";

const SHORT_HEAD = 12;
const SHORT_TAIL = 4;

/**
 * The canonical user id in a text, or undefined. Accepted around the 65 characters of bech32: white space, and one
 * `gossip:` in front. All upper case is the same id (QR codes are written so); mixed case is none.
 */
export function tryParseGossipId(text: string): string | undefined {
  return tryParseUserId(text.trim().replace(/^gossip:/i, ""));
}

/** @throws GossipChannelError `invalid_target`. */
export function parseGossipId(text: string): string {
  const id = tryParseGossipId(text);
  if (id === undefined) {
    throw new GossipChannelError(
      "invalid_target",
      "gossip: not a user id; expected gossip1 and 58 more characters, all lower or all upper case",
    );
  }
  return id;
}

/** The target that OpenClaw routes by: `gossip:<user id>`. */
export function formatGossipTarget(userId: string): string {
  return `${TARGET_PREFIX}:${userId}`;
}

/** An id for logs and for lines that people read: `gossip1sw8qz…2k2q`. Not unique; never compare it. */
export function shortenGossipId(userId: string): string {
  return userId.length > SHORT_HEAD + SHORT_TAIL
    ? `${userId.slice(0, SHORT_HEAD)}…${userId.slice(-SHORT_TAIL)}`
    : userId;
}

/** One allowlist entry in its canonical form: a user id or `*`; undefined for anything else. */
export function tryParseAllowEntry(entry: string | number): string | undefined {
  const text = String(entry).trim();
  return text === "*" ? "*" : tryParseGossipId(text);
}

/** What an allowlist may hold: a user id, `*`, or one of the host's access groups; undefined for what lets nobody in. */
export function tryParseListEntry(entry: string | number): string | undefined {
  return tryParseAllowEntry(entry) ?? tryParseGroupEntry(entry)?.entry;
}
