// Plays the table of who gets what on a real gateway: everybody writes to every account, and what came of it is read.
import { isJsonObject, pollUntil, type JsonObject } from "channel-testing";
import { parseUserId, type GossipUserId } from "gossip-sdk";
import type { GossipPerson } from "../../../scripts/start/gossip-person.ts";
import {
  ACCOUNTS,
  countFacts,
  idOf,
  isAnswer,
  isCode,
  readOutcome,
  SENDERS,
  TABLE,
  wordOf,
  type Account,
  type Phase,
  type Sender,
} from "../../support/access-table.ts";
import type { GossipHost } from "../../support/gossip-host.ts";
import { readGossipAccount } from "./gossip-accounts.ts";

/** Twenty conversations begin at once, on two cores. */
export const WAIT_MS = 90_000;

/** How much everybody has heard of every account. */
export type Heard = ReadonlyMap<string, number>;

export class AccessPlay {
  /** The account that was closed accepts people by now. */
  isClosedDoorOpen = false;
  readonly #gossip: GossipHost;
  readonly #people: Readonly<Record<Sender, GossipPerson>>;
  readonly #bots: Readonly<Record<Account, GossipUserId>>;
  readonly #contacts = new Set<string>();
  /** Facts that each account must have stored: every message, and every first contact. */
  readonly #expectedFacts = { pairing: 0, allowlist: 0, open: 0, disabled: 0 };

  constructor(
    gossip: GossipHost,
    people: Readonly<Record<Sender, GossipPerson>>,
    bots: Readonly<Record<Account, GossipUserId>>,
  ) {
    this.#gossip = gossip;
    this.#people = people;
    this.#bots = bots;
  }

  /** Writes to an account; resolves when the relay has it, or at once while the account accepts nobody. */
  async write(sender: Sender, account: Account, text: string): Promise<void> {
    const { client } = this.#people[sender];
    const bot = parseUserId(this.#bots[account]);
    const isFirst = !this.#contacts.has(`${sender} ${account}`);
    this.#contacts.add(`${sender} ${account}`);
    this.#expectedFacts[account] += isFirst ? 2 : 1;
    if (isFirst) await client.requestContact(bot);
    const { messageId } = await client.send(bot, { type: "text", text });
    // Nobody was ever accepted there; it is sent when somebody is.
    if (this.#isShut(account)) return;
    await client.whenStatus(bot, messageId, "sent", { signal: AbortSignal.timeout(WAIT_MS) });
  }

  /** The account ended the conversation: nobody reads what is written in it, so the next message begins a new one. */
  forget(sender: Sender, account: Account): void {
    this.#contacts.delete(`${sender} ${account}`);
  }

  /** Everybody writes to every account; resolves when the relay has it all. */
  async writeAll(phase: Phase): Promise<void> {
    await Promise.all(
      ACCOUNTS.flatMap((account) =>
        SENDERS.map((sender) => this.write(sender, account, wordOf(phase, account, sender))),
      ),
    );
  }

  /** Resolves when each account has dealt with all of it, and what the table promises is here. */
  async settle(phase: Phase): Promise<void> {
    await Promise.all(
      ACCOUNTS.map(async (account) => {
        await Promise.all(SENDERS.map((sender) => this.#hearOutcome(phase, account, sender)));
        await (this.#isShut(account)
          ? this.#untilAllAsked(account)
          : this.#untilDealtWith(account));
      }),
    );
  }

  countHeard(): Heard {
    return new Map(
      ACCOUNTS.flatMap((account) =>
        SENDERS.map((sender) => [`${account} ${sender}`, this.heard(sender, account).length]),
      ),
    );
  }

  /** What came of every cell of a phase; "2 turns" and the like stand in no table. */
  read(phase: Phase, since: Heard): Record<string, object> {
    const readRow = (account: Account): object =>
      Object.fromEntries(
        SENDERS.map((sender) => [sender, this.#readCell(phase, account, sender, since)]),
      );
    return Object.fromEntries(ACCOUNTS.map((account) => [account, readRow(account)]));
  }

  /** Everything that somebody heard from an account. */
  heard(sender: Sender, account: Account): string[] {
    return this.#people[sender].inbox.received
      .filter(({ from }) => from === this.#bots[account])
      .map(({ text }) => text);
  }

  /** Resolves with the first text of an account that matches and was not taken before. */
  async hear(
    sender: Sender,
    account: Account,
    matches: (text: string) => boolean,
    timeoutMs = WAIT_MS,
  ): Promise<string> {
    return await this.#people[sender].hear(this.#bots[account], matches, timeoutMs);
  }

  /** The account's part of `openclaw channels status`. */
  async readStatus(account: Account): Promise<JsonObject> {
    return await readGossipAccount(this.#gossip.gateway, idOf(account));
  }

  #isShut(account: Account): boolean {
    return account === "disabled" && !this.isClosedDoorOpen;
  }

  async #hearOutcome(phase: Phase, account: Account, sender: Sender): Promise<void> {
    const outcome = TABLE[phase][account][sender];
    if (outcome === "nothing") return;
    const word = wordOf(phase, account, sender);
    const matches = outcome === "code" ? isCode : (text: string) => isAnswer(text, word);
    await this.hear(sender, account, matches);
  }

  async #untilDealtWith(account: Account): Promise<void> {
    const expected = this.#expectedFacts[account];
    await pollUntil(
      async () => countFacts(this.#gossip.host.paths.stateDir, account),
      ({ open, stored }) => open === 0 && stored >= expected,
      WAIT_MS,
      `${expected} facts that the account ${account} has dealt with`,
    );
  }

  async #untilAllAsked(account: Account): Promise<void> {
    await pollUntil(
      () => this.readStatus(account),
      ({ application }) =>
        isJsonObject(application) && application["pendingRequests"] === SENDERS.length,
      WAIT_MS,
      "everybody's contact request at the closed account",
    );
  }

  #readCell(phase: Phase, account: Account, sender: Sender, since: Heard): string {
    const word = wordOf(phase, account, sender);
    const turns = this.#gossip.turnsAbout(word).length;
    const replies = this.heard(sender, account).slice(since.get(`${account} ${sender}`) ?? 0);
    // Once the door opens, what was written before is answered too.
    const ignoresOthers = account === "disabled" && phase === "changed";
    return readOutcome(word, turns, replies, { ignoresOthers });
  }
}
