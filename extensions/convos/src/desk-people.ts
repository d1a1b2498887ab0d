// Whom and what the owner means, and how we name them to him. Names are self-chosen: they are shown beside the short id, and
// never looked up.
import { cleanName } from "channel-kit";
import type { PersonPlace } from "./conversation-rules.ts";
import { shortenId } from "./targets.ts";

/** Where two ids begin alike, we show so much of them. */
const LONG_ID_CHARACTERS = 16;
/** Of those, so many: somebody may have made hundreds. */
const MAX_CANDIDATES = 6;

/** A person as far as one knows him. */
export interface NamedPerson extends PersonPlace {
  readonly name?: string | undefined;
  readonly isAgent?: boolean;
}

export function describePerson({ inboxId, isAgent, name }: NamedPerson): string {
  const cleaned = cleanName(name ?? "");
  const facts = isAgent === true ? `${shortenId(inboxId)}, an agent` : shortenId(inboxId);
  return cleaned === "" ? `member ${facts}` : `${cleaned} (${facts})`;
}

export function describeConversation(
  conversationId: string,
  known: readonly { readonly id: string; readonly name?: string | undefined }[],
): string {
  const cleaned = cleanName(known.find(({ id }) => id === conversationId)?.name ?? "");
  const short = shortenId(conversationId);
  return cleaned === "" ? `conversation ${short}` : `${cleaned} (${short})`;
}

/** What the beginnings of ids stand for. */
export type Lookup<T> =
  | { readonly kind: "found"; readonly values: readonly T[] }
  | { readonly kind: "unknown"; readonly id: string }
  /** Longer beginnings, of which one is meant. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] };

/** @returns The values whose id begins so; every beginning must stand for exactly one id. */
export function lookUp<T>(
  beginnings: readonly string[],
  values: readonly T[],
  idOf: (value: T) => string,
): Lookup<T> {
  const found: T[] = [];
  for (const beginning of beginnings) {
    const matching = values.filter((value) => idOf(value).startsWith(beginning));
    const ids = [...new Set(matching.map(idOf))];
    if (ids.length === 0) return { kind: "unknown", id: beginning };
    // Anybody can search for a key whose id begins like another's: never guess.
    if (ids.length > 1) {
      const candidates = ids.slice(0, MAX_CANDIDATES).map((id) => id.slice(0, LONG_ID_CHARACTERS));
      return { kind: "ambiguous", candidates };
    }
    found.push(...matching);
  }
  return { kind: "found", values: found };
}
