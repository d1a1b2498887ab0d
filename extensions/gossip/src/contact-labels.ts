// Labels that the operator gives to people, and the ids behind them. Pure; a setup command loads it as well.
import type { ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseGossipId } from "./targets.ts";

/** An operator's label and the id behind it. */
export interface NamedPerson {
  readonly id: string;
  readonly label: string;
}

/** `contacts` of the account, in the order of the file; entries whose id is none are left out. */
export function listContacts(account: Pick<ResolvedGossipAccount, "contacts">): NamedPerson[] {
  return Object.entries(account.contacts).flatMap(([label, raw]) => {
    const id = tryParseGossipId(raw);
    return id === undefined ? [] : [{ id, label }];
  });
}

/**
 * The one person whom a text names: by id, or by a label of the operator's, whatever its case.
 *
 * @returns The id, or why there is none; an ambiguous label lists the ids it could mean.
 */
export function resolvePerson(
  people: readonly NamedPerson[],
  input: string,
): { readonly id: string; readonly label?: string } | { readonly problem: string } {
  const id = tryParseGossipId(input);
  if (id !== undefined) {
    const label = people.find((person) => person.id === id)?.label;
    return { id, ...(label === undefined ? {} : { label }) };
  }
  const wanted = foldLabel(input);
  const found = people.filter(({ label }) => foldLabel(label) === wanted);
  const ids = [...new Set(found.map((person) => person.id))];
  const [first] = found;
  if (first === undefined) {
    return {
      problem: `neither a Gossip user id nor a label in channels.${CHANNEL_ID}.contacts`,
    };
  }
  return ids.length === 1 ? first : { problem: `ambiguous: ${ids.join(", ")}` };
}

/** Case and the width of characters do not tell labels apart; everything else does, so that look-alikes never match. */
export function foldLabel(label: string): string {
  return label.trim().normalize("NFKC").toLowerCase();
}
