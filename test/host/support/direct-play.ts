// Plays the table of who gets what in direct conversations of Convos on a real gateway: everybody writes to every account, and
// what came of it is read.
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, pollUntil, type Gateway, type JsonObject } from "channel-testing";
import {
  ACCOUNTS,
  countFacts,
  idOf,
  readOutcome,
  SENDERS,
  TABLE_WITH_OWNER,
  wordOf,
  type Account,
  type Phase,
  type Sender,
} from "../../support/access-table.ts";
import type { ConvosHost } from "../../support/convos-host.ts";
import { readText } from "../../support/xmtp-peer.ts";
import { readChannelAccount } from "./channel-accounts.ts";
import { type CircleMember, WAIT_MS } from "./convos-circle.ts";

/** Contents with words in them; typing, thinking and reactions have none. */
const WORDED = new Set(["text", "reply"]);

/** An account's first conversation, whose inbox people write to. */
export interface DirectAgent {
  readonly conversationId: string;
  readonly inboxId: string;
}

/** What everybody has heard of every account, by "account sender". */
export type Heard = ReadonlyMap<string, readonly string[]>;

/** Has an account make its first conversation, which is the owner's. */
export async function makeAgent(gateway: Gateway, account: Account): Promise<DirectAgent> {
  const accountId = idOf(account);
  await pollUntil(
    () => gateway.call("convos.status", { accountId }),
    (answer) => isJsonObject(answer) && answer["running"] === true,
    WAIT_MS,
    `account ${accountId} at work`,
  );
  const made = await gateway.call("convos.create", { accountId, name: `Home of ${account}` });
  const conversationId = isJsonObject(made) ? made["conversationId"] : undefined;
  if (typeof conversationId !== "string") throw new TypeError(`test: ${JSON.stringify(made)}`);
  const answer = await gateway.call("convos.members", { accountId, conversationId });
  const members = isJsonObject(answer) && Array.isArray(answer["members"]) ? answer["members"] : [];
  const us = members.filter(isJsonObject).find(({ isUs }) => isUs === true);
  const inboxId = us?.["inboxId"];
  if (typeof inboxId !== "string") throw new TypeError("test: no inbox");
  // The configuration says so from now on; a second account that writes it at the same time would wait.
  const noted = `conversation ${conversationId} is the owner's`;
  await gateway.log.waitFor(noted, { timeoutMs: WAIT_MS });
  return { conversationId, inboxId };
}

export class DirectPlay {
  readonly #convos: ConvosHost;
  readonly #gateway: Gateway;
  readonly #people: Readonly<Record<Sender, CircleMember>>;
  readonly #agents: Readonly<Record<Account, DirectAgent>>;
  /** Facts that each account must have stored: every message. */
  readonly #expectedFacts = { pairing: 0, allowlist: 0, open: 0, disabled: 0 };

  constructor(
    convos: ConvosHost,
    gateway: Gateway,
    people: Readonly<Record<Sender, CircleMember>>,
    agents: Readonly<Record<Account, DirectAgent>>,
  ) {
    this.#convos = convos;
    this.#gateway = gateway;
    this.#people = people;
    this.#agents = agents;
  }

  /** Writes to an account directly; resolves when the node has it. */
  async write(sender: Sender, account: Account, text: string): Promise<void> {
    this.#expectedFacts[account] += 1;
    await this.#people[sender].peer.write(this.#agents[account].inboxId, text);
  }

  /** Everybody writes to every account; resolves when the node has it all. */
  async writeAll(phase: Phase): Promise<void> {
    await Promise.all(
      SENDERS.map(async (sender) => {
        // One client does one thing after another.
        for (const account of ACCOUNTS) {
          await this.write(sender, account, wordOf(phase, account, sender));
        }
      }),
    );
  }

  /** The owner says something in the conversation of the account with the pairing policy, and is answered. */
  async tellDesk(text: string, answer: RegExp): Promise<void> {
    const { conversationId, inboxId } = this.#agents.pairing;
    const { owner } = this.#people;
    this.#expectedFacts.pairing += 1;
    await owner.say(conversationId, text);
    await pollUntil(
      () => owner.read(conversationId, inboxId),
      (texts) => texts.some((each) => answer.test(each)),
      WAIT_MS,
      `an answer to the owner's ${text.split(" ")[0]}`,
    );
  }

  /** Resolves with the text, once somebody hears one of an account that matches. */
  async hear(
    sender: Sender,
    account: Account,
    matches: (text: string) => boolean,
  ): Promise<string> {
    const texts = await pollUntil(
      () => this.heard(sender, account),
      (found) => found.some(matches),
      WAIT_MS,
      `${sender} hears the account ${account}`,
    );
    return texts.find(matches) ?? "";
  }

  /** Everything that somebody heard from an account, oldest first. */
  async heard(sender: Sender, account: Account): Promise<readonly string[]> {
    await this.#people[sender].peer.client.conversations.syncAll();
    return this.#readTexts(sender, account);
  }

  async listenToAll(): Promise<Heard> {
    const everything = SENDERS.map(async (sender) => {
      await this.#people[sender].peer.client.conversations.syncAll();
      return await Promise.all(
        ACCOUNTS.map(
          async (account) =>
            [`${account} ${sender}`, await this.#readTexts(sender, account)] as const,
        ),
      );
    });
    return new Map((await Promise.all(everything)).flat());
  }

  /** Resolves when an account has dealt with all that was written to it. */
  async untilDealtWith(account: Account): Promise<void> {
    const expected = this.#expectedFacts[account];
    await pollUntil(
      async () => countFacts(this.#convos.host.paths.stateDir, idOf(account), "convos"),
      ({ open, stored }) => open === 0 && stored >= expected,
      WAIT_MS,
      `${expected} facts that the account ${account} has dealt with`,
    );
  }

  /**
   * What came of every cell of a phase, when each account has dealt with all of it and what the table promises is here.
   *
   * @param since - What was heard before the phase.
   */
  async settle(phase: Phase, since: Heard): Promise<object> {
    for (const account of ACCOUNTS) await this.untilDealtWith(account);
    return await pollUntil(
      () => this.#read(phase, since),
      (found) => isDeepStrictEqual(found, TABLE_WITH_OWNER[phase]),
      WAIT_MS,
      `what the table says of ${phase}`,
    );
  }

  /** The account's part of `openclaw channels status`. */
  async readStatus(account: Account): Promise<JsonObject> {
    return await readChannelAccount(this.#gateway, "convos", idOf(account));
  }

  async #read(phase: Phase, since: Heard): Promise<object> {
    const heard = await this.listenToAll();
    const readRow = (account: Account): object =>
      Object.fromEntries(
        SENDERS.map((sender) => {
          const word = wordOf(phase, account, sender);
          const key = `${account} ${sender}`;
          const replies = (heard.get(key) ?? []).slice(since.get(key)?.length ?? 0);
          return [sender, readOutcome(word, this.#convos.turnsAbout(word).length, replies)];
        }),
      );
    return Object.fromEntries(ACCOUNTS.map((account) => [account, readRow(account)]));
  }

  /** As far as the client has it. */
  async #readTexts(sender: Sender, account: Account): Promise<readonly string[]> {
    const { conversations } = this.#people[sender].peer.client;
    const { inboxId } = this.#agents[account];
    const messages = (await conversations.getDmByInboxId(inboxId)?.messages()) ?? [];
    return messages
      .filter(({ senderInboxId }) => senderInboxId === inboxId)
      .filter(({ contentType }) => WORDED.has(contentType.typeId))
      .map(({ content }) => readText(content) ?? "");
  }
}
