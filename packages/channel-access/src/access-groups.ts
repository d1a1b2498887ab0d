// The host's access groups, as allowlists name them. Its own parser comes with modules that every command of the host would
// pay for; a test compares the two.

const PREFIX = "accessGroup:";

/** An entry that stands for everybody in one of the host's access groups. */
export interface GroupEntry {
  readonly name: string;
  /** The one way to write it. */
  readonly entry: string;
}

/** The access group that an allowlist entry names; undefined for an entry that names none. */
export function tryParseGroupEntry(entry: string | number): GroupEntry | undefined {
  const text = String(entry).trim();
  if (!text.startsWith(PREFIX)) return undefined;
  const name = text.slice(PREFIX.length).trim();
  return name === "" ? undefined : { name, entry: `${PREFIX}${name}` };
}
