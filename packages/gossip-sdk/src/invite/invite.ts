import { GossipError } from "../errors.ts";
import { type GossipUserId, parseUserId } from "../identity/user-id.ts";
import { MAX_INVITE_CHARACTERS, MAX_NAME_CHARACTERS } from "../limits.ts";

/** Whom a link invites to talk to. */
export interface Invite {
  readonly userId: GossipUserId;
  /** A name somebody put into the link. It proves nothing: show it, never look a person up by it. */
  readonly name?: string;
}

const SCHEME = "gossip:";
const SEGMENT = "invite";
// A path without an origin is resolved against this; nothing is ever fetched from it.
const PLACEHOLDER_ORIGIN = "https://gossip.invalid";

/** The form that every app understands, whatever domain it was built for: `gossip://invite/<id>?name=<name>`. */
export function formatInviteLink(userId: GossipUserId, name?: string): string {
  const link = `gossip://${SEGMENT}/${userId}`;
  const trimmed = name?.toWellFormed().trim() ?? "";
  return trimmed === "" ? link : `${link}?name=${encodeURIComponent(trimmed)}`;
}

/**
 * Parses what a person pastes or scans: `gossip://invite/<id>`, `https://<any origin>/invite/<id>`, `/invite/<id>`,
 * each with or without `?name=`, or a bare user id.
 *
 * @throws GossipError `invalid_invite` for anything else, `invalid_user_id` when the id in it is wrong.
 */
export function parseInvite(text: string): Invite {
  const trimmed = text.trim();
  if (trimmed.length > MAX_INVITE_CHARACTERS) {
    throw new GossipError("invalid_invite", `invite: ${trimmed.length} characters are too many`);
  }
  if (!trimmed.includes("/")) return { userId: parseUserId(trimmed) };
  const url = URL.parse(trimmed, PLACEHOLDER_ORIGIN);
  if (url === null) throw new GossipError("invalid_invite", "invite: not a link");
  const userId = parseUserId(idSegment(url));
  const name = displayName(url.searchParams.get("name"));
  return name === undefined ? { userId } : { userId, name };
}

function idSegment(url: URL): string {
  const path = url.pathname.split("/").filter((segment) => segment !== "");
  // In gossip://invite/<id> the word is where a web link has its host.
  const segments = url.protocol === SCHEME ? [url.host, ...path] : path;
  const known = [SCHEME, "https:", "http:"].includes(url.protocol);
  const [word, id] = segments;
  if (!known || segments.length !== 2 || word?.toLowerCase() !== SEGMENT || id === undefined) {
    throw new GossipError("invalid_invite", "invite: not an invite link");
  }
  return id;
}

function displayName(raw: string | null): string | undefined {
  // Control and formatting characters could make a name look like something else in a terminal or a list.
  const printable = raw?.replaceAll(/\p{C}/gu, "").trimStart() ?? "";
  // Cut first: a cut can leave a space at the end.
  const name = printable.slice(0, MAX_NAME_CHARACTERS).toWellFormed().trimEnd();
  return name === "" ? undefined : name;
}
