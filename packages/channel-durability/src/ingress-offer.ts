// What the drain is shown of the queue. It looks once a second and after each event, so what waits is not opened for it: a
// backlog of large messages would take the gateway's only thread.

import type { ChannelIngressQueueRecord } from "openclaw/plugin-sdk/channel-outbound";
import { LISTED_COLUMNS } from "./ingress-rows.ts";
import type { IngressTable } from "./ingress-table.ts";
import { readText, type Row } from "./rows.ts";

/** A longer event does not go ahead of its held lane. A call to stop has some hundred bytes. */
const MAX_PASSING_BYTES = 4096;
/** So many events of held lanes are opened at one look; the next look goes on with the others. */
const MAX_OPENED_PER_LOOK = 500;

export interface OfferRules<TPayload, TEvent> {
  /** Are the events of this lane to stay in the queue? Asked once per lane. */
  isHeld(laneKey: string): boolean;
  /**
   * Reads a small event of a held lane, once as long as it waits; `undefined` for one that never goes ahead. Absent:
   * none does.
   */
  readonly read?: (payload: TPayload) => TEvent | undefined;
  /** May an event that was read go ahead of its lane now? Asked at every look. */
  passes(event: TEvent): boolean;
}

export interface IngressOffer<TPayload> {
  /**
   * Makes the look at the pending rows that gives those of free lanes and those that may go ahead of a held one, in the
   * order of their arrival. A record opens its payload when it is read, and throws `corrupt_row` when it does not open;
   * claiming such a row puts it aside.
   */
  createLook<TEvent>(
    rules: OfferRules<TPayload, TEvent>,
  ): () => readonly ChannelIngressQueueRecord<TPayload>[];
}

export function createOffer<TPayload>(table: IngressTable<TPayload>): IngressOffer<TPayload> {
  return {
    createLook: (rules) => {
      const lanes = new LaneNames(table);
      const small = new SmallEvents(table, rules);
      return () => {
        const heldTags = lanes.tagsOf((laneKey) => rules.isHeld(laneKey));
        const passing = small.passing(heldTags);
        return readOffered(table, heldTags, passing)
          .map((row) => table.tryListed(row))
          .filter((record) => record !== undefined);
      };
    },
  };
}

/** The names of lanes with pending rows; these are sealed, and many rows share one. */
class LaneNames<TPayload> {
  readonly #table: IngressTable<TPayload>;
  #byTag = new Map<string, string>();

  constructor(table: IngressTable<TPayload>) {
    this.#table = table;
  }

  /** Tags of the lanes that `isWanted`. */
  tagsOf(isWanted: (laneKey: string) => boolean): readonly string[] {
    const tags = this.#table.store
      .all(
        `SELECT DISTINCT lane_tag FROM ingress INDEXED BY ingress_waiting
           WHERE status = 'pending' AND lane_tag IS NOT NULL`,
      )
      .map((row) => readText(row, "lane_tag"));
    const named = tags.flatMap((tag): [string, string][] => {
      const name = this.#byTag.get(tag) ?? this.#open(tag);
      return name === undefined ? [] : [[tag, name]];
    });
    this.#byTag = new Map(named);
    return named.filter(([, laneKey]) => isWanted(laneKey)).map(([tag]) => tag);
  }

  #open(tag: string): string | undefined {
    const heads = this.#table.store.all(
      "SELECT id_tag, head FROM ingress WHERE status = 'pending' AND lane_tag = ?",
      tag,
    );
    // The first one, unless it is damaged.
    for (const row of heads) {
      const laneKey = this.#table.rows.laneOf(row);
      if (laneKey !== undefined) return laneKey;
    }
    return undefined;
  }
}

/** Small events of held lanes, kept in memory while they wait there: whether one may go ahead changes, it does not. */
class SmallEvents<TPayload, TEvent> {
  readonly #table: IngressTable<TPayload>;
  readonly #rules: OfferRules<TPayload, TEvent>;
  #byTag = new Map<string, TEvent | undefined>();

  constructor(table: IngressTable<TPayload>, rules: OfferRules<TPayload, TEvent>) {
    this.#table = table;
    this.#rules = rules;
  }

  /** Tags of the events that may go ahead of these lanes. */
  passing(laneTags: readonly string[]): readonly string[] {
    const { read } = this.#rules;
    if (read === undefined || laneTags.length === 0) {
      this.#byTag.clear();
      return [];
    }
    const waiting = this.#table.store.all(
      `SELECT id_tag FROM ingress INDEXED BY ingress_waiting WHERE status = 'pending' AND length(payload) <= ?
         AND lane_tag IN (SELECT value FROM json_each(?)) ORDER BY seq`,
      MAX_PASSING_BYTES,
      JSON.stringify(laneTags),
    );
    const known = this.#byTag;
    this.#byTag = new Map();
    let opened = 0;
    for (const row of waiting) {
      const idTag = readText(row, "id_tag");
      if (known.has(idTag)) {
        this.#byTag.set(idTag, known.get(idTag));
      } else if (opened < MAX_OPENED_PER_LOOK) {
        opened += 1;
        const payload = this.#table.tryPayload(idTag);
        this.#byTag.set(idTag, payload === undefined ? undefined : read(payload));
      }
    }
    return [...this.#byTag]
      .filter(([, event]) => event !== undefined && this.#rules.passes(event))
      .map(([idTag]) => idTag);
  }
}

function readOffered<TPayload>(
  table: IngressTable<TPayload>,
  heldLaneTags: readonly string[],
  passingTags: readonly string[],
): readonly Row[] {
  return table.store.all(
    `SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'pending'
       AND (lane_tag IS NULL OR lane_tag NOT IN (SELECT value FROM json_each(?1))
         OR id_tag IN (SELECT value FROM json_each(?2)))
       ORDER BY received_at, seq`,
    JSON.stringify(heldLaneTags),
    JSON.stringify(passingTags),
  );
}
