// Whom and what a command of the owner is about: the people of a notice, or whoever an id begins. Where one beginning stands
// for two, it asks.
import type { SealedRecord } from "channel-durability";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveConvosAccount } from "./accounts.ts";
import type { ConvosConnection } from "./client.ts";
import type { PersonPlace } from "./conversation-rules.ts";
import type { DeskCommand } from "./desk-commands.ts";
import { lookUp, type Lookup, type NamedPerson } from "./desk-people.ts";
import { findPerson, isSamePerson, type DeskNotice, type DeskRecord } from "./desk-record.ts";
import type { MemberBook } from "./member-book.ts";
import { tryParseInboxId } from "./targets.ts";

export interface LookupOptions {
  readonly accountId: string;
  readonly record: SealedRecord<DeskRecord>;
  readonly connection: Pick<ConvosConnection, "conversations" | "directs">;
  readonly members: Pick<MemberBook, "others">;
  readonly ownerConversation: () => string | undefined;
  readonly readConfig: () => OpenClawConfig;
}

/** What was said, and the notice that it answers, if it answers one. */
interface Said {
  readonly command: DeskCommand;
  readonly notice: DeskNotice | undefined;
}

export interface DeskLookup {
  /** @param more - Who else may be meant. */
  findPeople(said: Said, more?: readonly NamedPerson[]): Promise<Lookup<NamedPerson>>;
  findConversations(said: Said): Lookup<string>;
}

export function createDeskLookup(options: LookupOptions): DeskLookup {
  return new Finder(options);
}

class Finder implements DeskLookup {
  readonly #options: LookupOptions;

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /** The people of the notice, or of the ids; an id of a conversation beside them says where. */
  async findPeople(
    { command, notice }: Said,
    more: readonly NamedPerson[] = [],
  ): Promise<Lookup<NamedPerson>> {
    const { record } = this.#options;
    if (command.ids.length === 0) {
      const listed = notice?.people ?? [];
      const { numbers } = command;
      const unknown = numbers.find((number) => listed[number - 1] === undefined);
      if (unknown !== undefined) return { kind: "unknown", id: String(unknown) };
      const chosen = listed.filter(
        (_, index) => numbers.length === 0 || numbers.includes(index + 1),
      );
      return { kind: "found", values: chosen.map((person) => this.#known(person)) };
    }
    const joined = this.#options.connection.conversations();
    const there = await this.#everybody();
    const everywhere = [...record.read().people, ...there, ...this.#listed(), ...more];
    const places = command.ids.filter((id) => joined.some((one) => one.id.startsWith(id)));
    // It may be the beginning of a person as well as of a conversation.
    for (const id of places) {
      const both = [...joined.map((one) => one.id), ...everywhere.map(({ inboxId }) => inboxId)];
      const meant = lookUp([id], both, (each) => each);
      if (meant.kind !== "found") return meant;
    }
    const within = lookUp(places, joined, ({ id }) => id);
    if (within.kind !== "found") return within;
    const beginnings = command.ids.filter((id) => !places.includes(id));
    // A conversation alone is nobody.
    const [place] = places;
    if (beginnings.length === 0 && place !== undefined) return { kind: "unknown", id: place };
    const people = everywhere.filter(
      ({ conversationId }) =>
        places.length === 0 || within.values.some(({ id }) => id === conversationId),
    );
    const found = lookUp(beginnings, people, ({ inboxId }) => inboxId);
    return found.kind === "found" ? { ...found, values: unique(found.values) } : found;
  }

  #known(person: PersonPlace): NamedPerson {
    const known = findPerson(this.#options.record.read(), person);
    return known !== undefined && "name" in known ? { ...person, name: known.name } : person;
  }

  async #everybody(): Promise<NamedPerson[]> {
    const { connection, members, ownerConversation } = this.#options;
    const rooms = connection.conversations().filter(({ id }) => id !== ownerConversation());
    const lists = await Promise.all(
      rooms.map(async ({ id: conversationId }) =>
        (await members.others(conversationId)).map(({ inboxId, kind, name }) => ({
          conversationId,
          inboxId,
          name,
          isAgent: kind === "agent",
        })),
      ),
    );
    return lists.flat();
  }

  /** Who is on a list of a conversation, member or not. */
  #listed(): PersonPlace[] {
    const { accountId, readConfig } = this.#options;
    const { groups } = resolveConvosAccount(readConfig(), accountId);
    return Object.entries(groups).flatMap(([conversationId, { allowFrom = [] }]) =>
      allowFrom
        .map((entry) => tryParseInboxId(String(entry)))
        .filter((inboxId) => inboxId !== undefined)
        .map((inboxId) => ({ conversationId, inboxId })),
    );
  }

  findConversations({ command, notice }: Said): Lookup<string> {
    if (command.ids.length === 0) {
      const ids = (notice?.people ?? []).map(({ conversationId }) => conversationId);
      return { kind: "found", values: [...new Set(ids)] };
    }
    const joined = this.#options.connection.conversations().map(({ id }) => id);
    return lookUp(command.ids, joined, (id) => id);
  }
}

function unique(people: readonly NamedPerson[]): NamedPerson[] {
  return people.filter(
    (person, index) => people.findIndex((other) => isSamePerson(person, other)) === index,
  );
}
