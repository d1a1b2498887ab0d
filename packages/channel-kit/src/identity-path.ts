import { createHash } from "node:crypto";
import path from "node:path";

const MAX_SLUG_CHARACTERS = 40;
const HASH_CHARACTERS = 8;

/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/** Whose identities: a channel's, in one OpenClaw state directory. */
export interface ChannelHome {
  readonly stateDir: string;
  readonly channelId: string;
}

/** All identities of a channel: `<stateDir>/sessions/<channel id>`. */
export function channelFolder({ channelId, stateDir }: ChannelHome): string {
  return path.join(stateDir, "sessions", channelId);
}

/**
 * The folder name of a username: lower-case ASCII letters, digits, `_` and `-`, so it can neither leave its parent nor
 * mean different folders on different file systems. A plain name is its own slug. Different names may share one slug;
 * the folder belongs to the account that session.json names, and a second account is refused.
 */
export function slugUsername(username: string): string {
  const canonical = username.normalize("NFKC").toLowerCase();
  const slug = canonical.replaceAll(/[^a-z0-9_-]+/g, "-").replaceAll(/^-+|-+$/g, "");
  if (slug === "" || RESERVED.test(slug)) return `user-${shortHash(canonical)}`;
  if (slug.length <= MAX_SLUG_CHARACTERS) return slug;
  const kept = slug.slice(0, MAX_SLUG_CHARACTERS - HASH_CHARACTERS - 1);
  return `${kept}-${shortHash(canonical)}`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARACTERS);
}
