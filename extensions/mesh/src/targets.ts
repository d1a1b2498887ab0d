// Ids as people write them: peers in allowlists, peers and channels as message targets. Of the protocol only the id part is
// loaded. Case counts in all of them.
import { tryParseGroupEntry } from "channel-access/cold";
import { tryReadPeerId } from "mesh-sdk/peer-id";
import { isGroupChannel } from "./config-schema.ts";
import { MeshChannelError } from "./errors.ts";

const TARGET_PREFIX = "mesh";
const SHORT_HEAD = 8;

/** A peer, or a group channel. */
export interface MeshTarget {
  readonly kind: "direct" | "group";
  /** 43 characters of a peer, or the exact id of a channel. */
  readonly id: string;
}

/** The peer id in a text: 43 characters of base64url that are a key, with white space and one `mesh:` around them. */
export function tryParsePeerId(text: string): string | undefined {
  const id = stripPrefix(text);
  return tryReadPeerId(id) === undefined ? undefined : id;
}

/** The target in a text: a peer id, or else the exact id of a channel, such as `#dev` or `lobby`. */
export function tryParseTarget(text: string): MeshTarget | undefined {
  const id = stripPrefix(text);
  if (tryReadPeerId(id) !== undefined) return { kind: "direct", id };
  return isGroupChannel(id) ? { kind: "group", id } : undefined;
}

/**
 * Whether a text names one peer or channel and no other: a peer id, what {@link formatTarget} gives, or a channel with its `#`.
 * OpenClaw looks for any other word within the names of all channels, where `dev` would be found in `dev-ops` too.
 */
export function isExactTarget(text: string): boolean {
  const target = tryParseTarget(text);
  return target?.kind === "direct" || (target !== undefined && /^(?:mesh:|#)/i.test(text.trim()));
}

/** @throws MeshChannelError `invalid_target`. */
export function parseTarget(text: string): MeshTarget {
  const target = tryParseTarget(text);
  if (target === undefined) {
    throw new MeshChannelError(
      "invalid_target",
      "mesh: not a target; expected a peer id of 43 characters or the id of a channel. See: openclaw mesh channels",
    );
  }
  return target;
}

/**
 * The target that may be written to, as the account has it: any peer, and the channels that it listens to. A word that is
 * none of these would be published where everybody can read it.
 */
export function findTarget(
  { channels }: { readonly channels: readonly string[] },
  text: string,
): MeshTarget | undefined {
  const target = tryParseTarget(text);
  if (target?.kind !== "group") return target;
  const id = findChannel(channels, target.id);
  return id === undefined ? undefined : { kind: "group", id };
}

/** The configured channel with this name; OpenClaw folds the case of ids that stand in session keys. */
function findChannel(channels: readonly string[], text: string): string | undefined {
  const wanted = text.toLowerCase();
  return channels.find((id) => id === text) ?? channels.find((id) => id.toLowerCase() === wanted);
}

/** The target that OpenClaw routes by: `mesh:<peer id>` or `mesh:<channel id>`. */
export function formatTarget(id: string): string {
  return `${TARGET_PREFIX}:${id}`;
}

/** A peer id for logs and for lines that people read. Not unique; never compare it. */
export function shortenPeerId(peerId: string): string {
  return peerId.length > SHORT_HEAD ? `${peerId.slice(0, SHORT_HEAD)}…` : peerId;
}

/** One allowlist entry in its canonical form: a peer id or `*`; undefined for anything else. */
export function tryParseAllowEntry(entry: string | number): string | undefined {
  const text = String(entry).trim();
  return text === "*" ? "*" : tryParsePeerId(text);
}

/** What an allowlist may hold: a peer id, `*`, or one of the host's access groups; undefined for what lets nobody in. */
export function tryParseListEntry(entry: string | number): string | undefined {
  return tryParseAllowEntry(entry) ?? tryParseGroupEntry(entry)?.entry;
}

function stripPrefix(text: string): string {
  return text.trim().replace(/^mesh:/i, "");
}
