// What the desk remembers of people: who asked, what the owner decided, which notices he has. All functions are pure.
import * as z from "zod";
import type { PersonPlace } from "./conversation-rules.ts";

const DAY_MS = 24 * 3_600_000;
/** Older than this, a decision or a question is forgotten; the lists in the configuration stay. */
const KEEP_MS = 30 * DAY_MS;
/** More people are not remembered: the ones longest ago go first. */
const MAX_PEOPLE = 500;
/** More people of one conversation do not wait at once: a flood of members costs the owner no more. */
const MAX_ASKING_OF_ONE = 50;
const MAX_NOTICES = 100;

const place = { conversationId: z.string(), inboxId: z.string() };

const PersonSchema = z.discriminatedUnion("state", [
  /** Addressed the agent and is not heard. */
  z.strictObject({
    ...place,
    state: z.literal("asking"),
    name: z.string().optional(),
    isAgent: z.boolean(),
    atMs: z.number(),
    /** The owner has a notice about it. */
    isTold: z.boolean(),
  }),
  /** The owner said no, or took it back. */
  z.strictObject({ ...place, state: z.literal("refused"), atMs: z.number() }),
  z.strictObject({
    ...place,
    state: z.literal("approved"),
    name: z.string().optional(),
    /** By the network's clock; what was written before it is not answered. */
    atMs: z.number(),
    /** Names the decision: people of one decision are told together. */
    decision: z.string(),
    ofEveryone: z.boolean(),
    /** The person knows. */
    isTold: z.boolean(),
  }),
]);

const DeskRecordSchema = z.strictObject({
  version: z.literal(1),
  people: z.array(PersonSchema),
  notices: z.array(
    z.strictObject({
      /** Queue id in the outbox. */
      key: z.string(),
      atMs: z.number(),
      /** Once it is known to have left. */
      messageId: z.string().optional(),
      /** In the order of its lines. */
      people: z.array(z.strictObject(place)),
    }),
  ),
});

export type DeskRecord = z.infer<typeof DeskRecordSchema>;
export type DeskPerson = DeskRecord["people"][number];
export type DeskNotice = DeskRecord["notices"][number];
export type Asking = Extract<DeskPerson, { state: "asking" }>;
export type Approved = Extract<DeskPerson, { state: "approved" }>;

/** How it lies in the account's database. */
export const DESK_RECORD = {
  name: "desk",
  empty: { version: 1, people: [], notices: [] } as DeskRecord,
  parse: (value: unknown): DeskRecord => DeskRecordSchema.parse(value),
};

export function isSamePerson(one: PersonPlace, other: PersonPlace): boolean {
  return one.inboxId === other.inboxId && one.conversationId === other.conversationId;
}

export function findPerson(record: DeskRecord, person: PersonPlace): DeskPerson | undefined {
  return record.people.find((known) => isSamePerson(known, person));
}

export function isAsking(person: DeskPerson): person is Asking {
  return person.state === "asking";
}

export function isApproved(person: DeskPerson): person is Approved {
  return person.state === "approved";
}

/** Notes that somebody asks. Unchanged when the owner has heard of him, whatever he decided. */
export function addAsking(
  record: DeskRecord,
  asking: Omit<Asking, "isTold" | "state">,
): DeskRecord {
  const waiting = record.people.filter(
    (known) => isAsking(known) && known.conversationId === asking.conversationId,
  );
  const isKnown = findPerson(record, asking) !== undefined;
  if (isKnown || waiting.length >= MAX_ASKING_OF_ONE) return record;
  return withPeople(record, [{ ...asking, state: "asking", isTold: false }]);
}

/** Replaces what is known of these people, and forgets what is too old or too much. */
export function withPeople(record: DeskRecord, people: readonly DeskPerson[]): DeskRecord {
  const newestMs = Math.max(0, ...people.map(({ atMs }) => atMs));
  const others = record.people.filter(
    (known) =>
      known.atMs > newestMs - KEEP_MS && !people.some((person) => isSamePerson(person, known)),
  );
  return { ...record, people: [...others, ...people].slice(-MAX_PEOPLE) };
}

/** The owner has this notice, or will have it. */
export function withNotice(record: DeskRecord, notice: DeskNotice): DeskRecord {
  const isIn = (known: DeskPerson): boolean =>
    notice.people.some((person) => isSamePerson(person, known));
  return {
    ...record,
    people: record.people.map((known) =>
      isAsking(known) && isIn(known) ? { ...known, isTold: true } : known,
    ),
    notices: [...record.notices, notice].slice(-MAX_NOTICES),
  };
}

/** The notice has left as this message. */
export function withMessageId(record: DeskRecord, key: string, messageId: string): DeskRecord {
  const notices = record.notices.map((notice) =>
    notice.key === key ? { ...notice, messageId } : notice,
  );
  return { ...record, notices };
}

/** Forgets what concerns these conversations. */
export function dropConversations(record: DeskRecord, ids: ReadonlySet<string>): DeskRecord {
  const isKept = ({ conversationId }: PersonPlace): boolean => !ids.has(conversationId);
  const people = record.people.filter(isKept);
  const notices = record.notices
    .map((notice) => ({ ...notice, people: notice.people.filter(isKept) }))
    .filter(({ people: left }) => left.length > 0);
  const isSame = people.length === record.people.length && notices.length === record.notices.length;
  return isSame ? record : { ...record, people, notices };
}

/** The person knows that he is heard. */
export function withTold(record: DeskRecord, people: readonly PersonPlace[]): DeskRecord {
  return {
    ...record,
    people: record.people.map((known) =>
      isApproved(known) && people.some((person) => isSamePerson(person, known))
        ? { ...known, isTold: true }
        : known,
    ),
  };
}
