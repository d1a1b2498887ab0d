// Carries out what the owner decided, and says what came of it. Every step may be repeated: a crash repeats the last one.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveConvosAccount } from "./accounts.ts";
import type { ConversationControls, NewInvite } from "./client-controls.ts";
import {
  approvePeople,
  removePerson,
  resolveRules,
  setQuiet,
  type PersonPlace,
} from "./conversation-rules.ts";
import type { DeskCommand, DeskVerb } from "./desk-commands.ts";
import { createDeskLookup, type DeskLookup, type LookupOptions } from "./desk-lookup.ts";
import {
  describeConversation,
  describePerson,
  lookUp,
  type Lookup,
  type NamedPerson,
} from "./desk-people.ts";
import {
  findPerson,
  isApproved,
  isAsking,
  withPeople,
  type DeskNotice,
  type DeskPerson,
} from "./desk-record.ts";
import { readCode } from "./errors.ts";
import type { MemberBook } from "./member-book.ts";
import type { ShutList } from "./shut-list.ts";
import { fillText, type ChatStrings } from "./strings.ts";
import { shortenId } from "./targets.ts";

const INVITE_MS = 24 * 3_600_000;
/** Who would write more to the owner at once would flood him. */
const MAX_PEOPLE_OF_STATUS = 20;
/** "Everybody who is there now" means nobody who came much later, while nothing of ours ran. */
const EVERYONE_MS = 10 * 60_000;

export interface DecisionOptions extends LookupOptions {
  readonly controls: Pick<ConversationControls, "offers" | "settleOffer">;
  readonly members: MemberBook;
  readonly shut: ShutList;
  readonly isOwner: (inboxId: string) => boolean;
  /** Makes an invite, which the operator's commands list and end as any other. @returns The link. @throws As the controls. */
  readonly invite: (conversationId: string, invite: NewInvite) => Promise<string>;
  /** Changes the host's configuration file. */
  readonly writeConfig: (edit: (cfg: OpenClawConfig) => OpenClawConfig) => Promise<void>;
  /** Takes back that somebody was let in by a pairing code, for direct messages. */
  readonly withdrawApproval: (inboxId: string) => Promise<unknown>;
  readonly readStrings: () => ChatStrings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the owner decided, and when by the network's clock. */
interface Decision {
  readonly command: DeskCommand;
  /** The notice that he answered, if he answered one. */
  readonly notice: DeskNotice | undefined;
  /** Names this decision for good. */
  readonly id: string;
  readonly atMs: number;
}

/** @returns The answer to the owner. @throws What writing the configuration or the record throws; then again later. */
export type Decide = (decision: Decision) => Promise<string>;

export function createDecide(options: DecisionOptions): Decide {
  const desk = new Decisions(options);
  return (decision) => desk.decide(decision);
}

class Decisions {
  readonly #options: DecisionOptions;
  readonly #lookup: DeskLookup;

  constructor(options: DecisionOptions) {
    this.#options = options;
    this.#lookup = createDeskLookup(options);
  }

  async decide(decision: Decision): Promise<string> {
    const verbs: Record<DeskVerb, (decided: Decision) => Promise<string> | string> = {
      approve: (decided) => this.#approve(decided),
      everyone: (decided) => this.#approveEveryone(decided),
      refuse: (decided) => this.#refuse(decided),
      remove: (decided) => this.#remove(decided),
      quiet: (decided) => this.#setQuiet(decided, true),
      unquiet: (decided) => this.#setQuiet(decided, false),
      invite: (decided) => this.#invite(decided),
      take: (decided) => this.#settleOffers(decided, true),
      drop: (decided) => this.#settleOffers(decided, false),
      status: () => this.#status(),
      help: () => this.#strings.deskHelp,
    };
    return await verbs[decision.command.verb](decision);
  }

  get #strings(): ChatStrings {
    return this.#options.readStrings();
  }

  async #approve(decision: Decision): Promise<string> {
    const found = await this.#lookup.findPeople(decision);
    if (found.kind !== "found") return this.#unclear(found);
    const { isOwner, record } = this.#options;
    const { ids, numbers } = decision.command;
    const isNamed = ids.length + numbers.length > 0;
    // A thumb for the others of a notice does not take back a "no" to one of them.
    const meant = found.values.filter(
      (person) => isNamed || findPerson(record.read(), person)?.state !== "refused",
    );
    const people = meant.filter(({ inboxId }) => !isOwner(inboxId));
    await this.#letIn(people, decision, false);
    return fillText(this.#strings.deskApproved, { people: listPeople(meant) });
  }

  async #approveEveryone(decision: Decision): Promise<string> {
    const found = this.#lookup.findConversations(decision);
    if (found.kind !== "found") return this.#unclear(found);
    const answers: string[] = [];
    for (const conversationId of found.values) {
      // Repeated after a crash: it still means those whom it meant then.
      let people = this.#letInBy(decision, conversationId);
      if (people.length === 0) {
        if (this.#options.now() - decision.atMs > EVERYONE_MS) {
          const id = shortenId(conversationId);
          answers.push(fillText(this.#strings.deskEveryoneLate, { id }));
          continue;
        }
        people = await this.#listThere(decision, conversationId);
      }
      await this.#letIn(people, decision, true);
      answers.push(
        fillText(this.#strings.deskApprovedEveryone, {
          conversation: this.#describe(conversationId),
          count: String(people.length),
        }),
      );
    }
    return answers.join("\n");
  }

  /** Whom this very decision has let in already. */
  #letInBy({ id }: Decision, conversationId: string): readonly NamedPerson[] {
    return this.#options.record
      .read()
      .people.filter((person) => isApproved(person))
      .filter((person) => person.decision === id && person.conversationId === conversationId);
  }

  /** All people of a conversation but the owners, and who asked. Another agent is let in by name only. */
  async #listThere({ notice }: Decision, conversationId: string): Promise<readonly NamedPerson[]> {
    const { isOwner, members, record } = this.#options;
    const others = await members.others(conversationId);
    const there = others
      .filter(({ kind }) => kind !== "agent")
      .map(({ inboxId, name }) => ({ conversationId, inboxId, name }));
    // Nobody of those who asked is passed over because the list cannot be read just now.
    const missing = (notice?.people ?? []).filter(
      (one) =>
        one.conversationId === conversationId &&
        !others.some(({ inboxId }) => inboxId === one.inboxId) &&
        !isAskingAgent(findPerson(record.read(), one)),
    );
    return [...there, ...missing].filter(({ inboxId }) => !isOwner(inboxId));
  }

  async #letIn(
    people: readonly NamedPerson[],
    { atMs, id }: Decision,
    ofEveryone: boolean,
  ): Promise<void> {
    const { accountId, record, shut, writeConfig } = this.#options;
    if (people.length === 0) return;
    await writeConfig((cfg) => approvePeople(cfg, accountId, people));
    for (const { inboxId } of people) shut.openPerson(inboxId);
    record.write(
      withPeople(
        record.read(),
        people.map(({ conversationId, inboxId, name }) => ({
          conversationId,
          inboxId,
          ...(name === undefined ? {} : { name }),
          state: "approved",
          atMs,
          decision: id,
          ofEveryone,
          isTold: false,
        })),
      ),
    );
  }

  async #refuse(decision: Decision): Promise<string> {
    const found = await this.#lookup.findPeople(decision);
    if (found.kind !== "found") return this.#unclear(found);
    // Only who still asks: a late "no" does not take a "yes" back.
    const { record } = this.#options;
    const asking = found.values.filter((person) => {
      const known = findPerson(record.read(), person);
      return known === undefined || isAsking(known);
    });
    this.#forgetAsking(asking, decision.atMs);
    return fillText(this.#strings.deskRefused, { people: listPeople(found.values) });
  }

  async #remove(decision: Decision): Promise<string> {
    const directs = this.#listDirects();
    const found = await this.#lookup.findPeople(decision, directs);
    if (found.kind !== "found") return this.#unclear(found);
    const isDirect = (id: string): boolean =>
      directs.some(({ conversationId }) => conversationId === id);
    const { accountId, isOwner, readConfig, shut, withdrawApproval, writeConfig } = this.#options;
    const answers: string[] = [];
    for (const inboxId of new Set(found.values.map((person) => person.inboxId))) {
      const people = found.values.filter((person) => person.inboxId === inboxId);
      if (isOwner(inboxId)) {
        answers.push(this.#strings.deskOwnerStays);
        continue;
      }
      shut.shutPerson(inboxId);
      // What pairing let in is on no list, so nothing but this keeps it out; a configuration that cannot be written must not
      // keep it in.
      await withdrawApproval(inboxId);
      await writeConfig((cfg) => removePerson(cfg, accountId, inboxId));
      this.#forgetAsking(
        people.filter(({ conversationId }) => !isDirect(conversationId)),
        decision.atMs,
      );
      const account = resolveConvosAccount(readConfig(), accountId);
      const isHeard = people.some(({ conversationId }) =>
        isDirect(conversationId)
          ? account.dmPolicy === "open"
          : hearsAnybody(account, conversationId),
      );
      const answer = isHeard ? this.#strings.deskStillHeard : this.#strings.deskRemoved;
      const [first] = people;
      const named = first === undefined ? "" : describePerson(first);
      answers.push(fillText(answer, { people: named, person: named }));
    }
    return answers.join("\n");
  }

  #forgetAsking(people: readonly PersonPlace[], atMs: number): void {
    const { record } = this.#options;
    const refused = people.map(({ conversationId, inboxId }) => ({
      conversationId,
      inboxId,
      state: "refused" as const,
      atMs,
    }));
    record.write(withPeople(record.read(), refused));
  }

  async #setQuiet(decision: Decision, isQuiet: boolean): Promise<string> {
    const found = this.#lookup.findConversations(decision);
    if (found.kind !== "found") return this.#unclear(found);
    const { accountId, ownerConversation, shut, writeConfig } = this.#options;
    const answers: string[] = [];
    for (const conversationId of found.values) {
      if (isQuiet && conversationId === ownerConversation()) {
        answers.push(this.#strings.deskNotQuiet);
        continue;
      }
      if (isQuiet) shut.shutConversation(conversationId);
      else shut.openConversation(conversationId);
      await writeConfig((cfg) => setQuiet(cfg, accountId, conversationId, isQuiet));
      answers.push(
        fillText(isQuiet ? this.#strings.deskQuiet : this.#strings.deskUnquiet, {
          conversation: this.#describe(conversationId),
          id: conversationId.slice(0, 6),
        }),
      );
    }
    return answers.join("\n");
  }

  async #invite(decision: Decision): Promise<string> {
    const found = this.#lookup.findConversations(decision);
    if (found.kind !== "found") return this.#unclear(found);
    if (!(await this.#isAloneWithOwner())) return this.#strings.deskNotAlone;
    const answers: string[] = [];
    for (const conversationId of found.values) {
      const url = await this.#tryInvite(conversationId, decision.atMs + INVITE_MS);
      const text = url === undefined ? this.#strings.deskNoInvite : this.#strings.deskInvite;
      const conversation = this.#describe(conversationId);
      answers.push(fillText(text, { conversation, url: url ?? "" }));
    }
    return answers.join("\n");
  }

  async #tryInvite(conversationId: string, expiresAtMs: number): Promise<string | undefined> {
    try {
      return await this.#options.invite(conversationId, { expiresAtMs, singleUse: true });
    } catch (error) {
      if (readCode(error) === "not_allowed") return undefined;
      throw error;
    }
  }

  /** What came up after a restore is named by id alone: its name is its members' word. */
  async #settleOffers({ command }: Decision, isOurs: boolean): Promise<string> {
    const { controls } = this.#options;
    const found = lookUp(command.ids, controls.offers(), ({ id }) => id);
    if (found.kind !== "found") return this.#unclear(found);
    const answers: string[] = [];
    for (const offer of found.values) {
      await controls.settleOffer(offer.id, isOurs);
      const text = isOurs ? this.#strings.deskTaken : this.#strings.deskDropped;
      const conversation = describeConversation(offer.id, [offer]);
      answers.push(fillText(text, { conversation }));
    }
    return answers.join("\n");
  }

  async #status(): Promise<string> {
    if (!(await this.#isAloneWithOwner())) return this.#strings.deskNotAlone;
    const { accountId, connection, readConfig, record } = this.#options;
    const account = resolveConvosAccount(readConfig(), accountId);
    const conversations = connection.conversations().map(({ id, memberCount }) =>
      fillText(this.#strings.deskStatusConversation, {
        conversation: this.#describe(id),
        count: String(memberCount),
        quiet: resolveRules(account, id).enabled === false ? this.#strings.deskStatusQuiet : "",
      }),
    );
    const asking = record.read().people.filter((person) => isAsking(person));
    const people = asking
      .slice(0, MAX_PEOPLE_OF_STATUS)
      .map((person) => this.describeAsking(person));
    const more = asking.length - people.length;
    if (more > 0) people.push(fillText(this.#strings.deskStatusMore, { count: String(more) }));
    return fillText(this.#strings.deskStatus, {
      conversations: conversations.join("\n"),
      people: people.length === 0 ? this.#strings.deskStatusNobody : people.join("\n"),
    });
  }

  describeAsking(person: NamedPerson): string {
    return fillText(this.#strings.askPerson, {
      number: "",
      person: describePerson(person),
      conversation: this.#describe(person.conversationId),
    });
  }

  /** Nobody but owners reads what we write there. A list that cannot be read counts as somebody. */
  async #isAloneWithOwner(): Promise<boolean> {
    const { isOwner, members, ownerConversation } = this.#options;
    const others = await members.others(ownerConversation() ?? "");
    return others.length > 0 && others.every(({ inboxId }) => isOwner(inboxId));
  }

  #describe(conversationId: string): string {
    return describeConversation(conversationId, this.#options.connection.conversations());
  }

  #unclear(lookup: Exclude<Lookup<unknown>, { kind: "found" }>): string {
    return lookup.kind === "unknown"
      ? fillText(this.#strings.deskUnknown, { id: lookup.id })
      : fillText(this.#strings.deskAmbiguous, { candidates: lookup.candidates.join(", ") });
  }

  /** Who writes to us directly, and may be in no conversation with us. */
  #listDirects(): PersonPlace[] {
    return this.#options.connection
      .directs()
      .map(({ id: conversationId, peerInboxId: inboxId }) => ({ conversationId, inboxId }));
  }
}

function isAskingAgent(person: DeskPerson | undefined): boolean {
  return person !== undefined && isAsking(person) && person.isAgent;
}

/** Whether people who are on no list are heard in a conversation. */
function hearsAnybody(
  account: ReturnType<typeof resolveConvosAccount>,
  conversationId: string,
): boolean {
  const lists = [...account.groupAllowFrom, ...resolveRules(account, conversationId).allowFrom];
  return (
    account.groupPolicy === "open" ||
    lists.some((entry) => entry.trim() === "*" || entry.trim().startsWith("accessGroup:"))
  );
}

function listPeople(people: readonly NamedPerson[]): string {
  return people.map((person) => describePerson(person)).join(", ");
}
