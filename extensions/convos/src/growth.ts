// A talk between two that gets a third, or another second: the agent begins anew, so that it tells nobody what was said before
// he came; with a third a mention is needed, too. The host keeps one session per conversation; the new one is a thread of it.
import type { SealedRecord } from "channel-durability";
import * as z from "zod";
import type { ConvosConnection } from "./client.ts";
import { OTHERS_TO_REQUIRE_MENTION } from "./gate.ts";

const RecordSchema = z.strictObject({
  version: z.literal(1),
  /** Conversations that had one other member when they were looked at last. */
  small: z.array(z.string()),
  /** When they got another one last, in milliseconds since 1970. */
  grown: z.record(z.string(), z.number()),
  /** Whose members were told what that changes. */
  told: z.array(z.string()),
  /** The other member, when last there was one only, by conversation. */
  partners: z.record(z.string(), z.string()).default({}),
  /** When that became somebody else, in milliseconds since 1970. */
  swapped: z.record(z.string(), z.number()).default({}),
});
type GrowthRecord = z.infer<typeof RecordSchema>;

/** How it lies in the account's database. Ids only. */
export const GROWTH_RECORD = {
  name: "growth",
  empty: { version: 1, small: [], grown: {}, told: [], partners: {}, swapped: {} } as GrowthRecord,
  parse: (value: unknown): GrowthRecord => RecordSchema.parse(value),
};

/** A conversation whose one other member got company. */
export interface Growth {
  readonly id: string;
  /** In milliseconds since 1970. It may happen again: whoever stayed has talked alone with us in between. */
  readonly atMs: number;
}

export interface GrowthBook {
  /** What the members were not told of yet. */
  listUntold(): Growth[];
  markTold(growth: Growth): void;
  /** Names the session of a conversation since it grew, or since its one other member became another; else undefined. */
  threadOf(conversationId: string): string | undefined;
}

/** Looks at the number of members whenever it is asked. @param now - Milliseconds since 1970. */
export function createGrowthBook(
  connection: Pick<ConvosConnection, "conversations">,
  record: SealedRecord<GrowthRecord>,
  now: () => number,
): GrowthBook {
  const look = (): GrowthRecord => {
    const before = record.read();
    const joined = connection.conversations();
    // We are one of the members. Larger ones that we never saw small have no private past with us.
    const small = joined
      .filter(({ id, memberCount }) => memberCount === 2 && !before.small.includes(id))
      .map(({ id }) => id);
    const grown = joined
      .filter(({ memberCount }) => memberCount > OTHERS_TO_REQUIRE_MENTION)
      .map(({ id }) => id)
      .filter((id) => before.small.includes(id));
    const partners = joined.flatMap(({ id, onlyOtherInboxId: other }) =>
      other === undefined || other === before.partners[id] ? [] : [{ id, other }],
    );
    const swapped = partners.filter(({ id }) => before.partners[id] !== undefined);
    if (small.length + grown.length + partners.length === 0) return before;
    const after: GrowthRecord = {
      ...before,
      partners: {
        ...before.partners,
        ...Object.fromEntries(partners.map(({ id, other }) => [id, other])),
      },
      swapped: {
        ...before.swapped,
        ...Object.fromEntries(swapped.map(({ id }) => [id, now()])),
      },
      small: [...before.small.filter((id) => !grown.includes(id)), ...small],
      told: before.told.filter((id) => !grown.includes(id)),
      grown: { ...before.grown, ...Object.fromEntries(grown.map((id) => [id, now()])) },
    };
    record.write(after);
    return after;
  };
  return {
    listUntold: () => {
      const { grown, told } = look();
      return Object.entries(grown).flatMap(([id, atMs]) =>
        told.includes(id) ? [] : [{ id, atMs }],
      );
    },
    markTold: ({ atMs, id }) => {
      const current = record.read();
      if (current.grown[id] === atMs) record.write({ ...current, told: [...current.told, id] });
    },
    threadOf: (id) => {
      const { grown, swapped } = look();
      const atMs = Math.max(grown[id] ?? 0, swapped[id] ?? 0);
      return atMs === 0 ? undefined : `since-${atMs}`;
    },
  };
}
