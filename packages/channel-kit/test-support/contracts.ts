// What a channel promises to the shared rooms, as suites that each channel's tests run over its own parts.
import type { AccountConnection, FactRules, IncomingEvent, TimedFacts } from "channel-kit";
import type { IdentityPort } from "channel-kit/cold";
import { expect, it } from "vitest";

const KEY_BYTES = 32;

/**
 * The rules that turn events into queued facts.
 *
 * @param samples - One event of each kind that the channel queues, of different messages, from one person each.
 * @param ignored - Events that the channel has nothing to do with.
 */
export function testFactRules<TEvent extends IncomingEvent, TFacts extends TimedFacts>(
  rules: FactRules<TEvent, TFacts>,
  {
    ignored,
    samples,
  }: { readonly samples: readonly TEvent[]; readonly ignored: readonly TEvent[] },
): void {
  const factsOf = (event: TEvent): TFacts => {
    const facts = rules.toFacts(event);
    if (facts === undefined) throw new Error("a sample means nothing to the channel");
    return facts;
  };

  it("facts come back from the queue as they went in", () => {
    for (const facts of samples.map(factsOf)) {
      expect(rules.codec.parse(rules.codec.serialize(facts))).toEqual(facts);
    }
  });

  it("queue id, lane, sender and person are the same for the stored copy: they are asked for again after a crash", () => {
    for (const facts of samples.map(factsOf)) {
      const stored = rules.codec.parse(rules.codec.serialize(facts));
      expect(rules.inspect(stored)).toEqual(rules.inspect(facts));
      expect(rules.senderOf(stored)).toBe(rules.senderOf(facts));
      expect(rules.personOf(stored)).toBe(rules.personOf(facts));
    }
  });

  it("an event that comes again is the same one, and different events have different ids", () => {
    const ids = samples.map((event) => rules.inspect(factsOf(event)).eventId);
    expect(samples.map((event) => rules.inspect(factsOf(event)).eventId)).toEqual(ids);
    expect(new Set(ids).size).toBe(samples.length);
  });

  it("ids and lanes, which reach the host's debug log, do not name the sender", () => {
    for (const facts of samples.map(factsOf)) {
      const { eventId, laneKey } = rules.inspect(facts);
      expect(`${eventId} ${laneKey}`).not.toContain(rules.senderOf(facts));
    }
  });

  it("what was not written by the codec is refused", () => {
    for (const text of ["", "{", "{}", "null", '{"kind":"other"}']) {
      expect(() => rules.codec.parse(text)).toThrow(/./);
    }
  });

  it("events that are none of the channel's business give no facts", () => {
    expect(ignored.map((event) => rules.toFacts(event))).toEqual(ignored.map(() => undefined));
  });
}

/** Making and opening identities. */
export function testIdentityPort<TIdentity extends { readonly userId: string }>(
  load: () => Promise<IdentityPort<TIdentity>>,
): void {
  it("new words are a phrase, and are not given twice", async () => {
    const { maker, phraseRules } = await load();
    const [one, other] = [maker.generateWords(), maker.generateWords()];
    expect(phraseRules.isPhrase(one)).toBe(true);
    expect(one.split(" ").every((word) => phraseRules.isWord(word))).toBe(true);
    expect(other).not.toBe(one);
  });

  it("the same words are the same identity, other words are another", async () => {
    const { maker } = await load();
    const words = maker.generateWords();
    const { userId } = await maker.derive(words);
    expect((await maker.derive(words)).userId).toBe(userId);
    expect((await maker.derive(maker.generateWords())).userId).not.toBe(userId);
  });

  it("what is no phrase is refused by code, and not quoted", async () => {
    const { maker, phraseRules } = await load();
    const text = "secretword ".repeat(12).trim();
    expect(phraseRules.isPhrase(text)).toBe(false);
    const refusal = await maker.derive(text).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "mnemonic_invalid" });
    expect(String(refusal)).not.toContain("secretword");
  });

  it("the key of queue and outbox follows from the identity, and may be wiped by its user", async () => {
    const port = await load();
    const words = port.maker.generateWords();
    const key = port.deriveDurableKey(await port.maker.derive(words));
    const kept = Uint8Array.from(key);
    expect(key).toHaveLength(KEY_BYTES);
    key.fill(0);
    expect(port.deriveDurableKey(await port.maker.derive(words))).toEqual(kept);
  });
}

/**
 * A protocol client at work, as the durable half uses it.
 *
 * @param open - Opens the same account again each time, with at least two events that were never handled.
 */
export function testAccountConnection<TEvent extends IncomingEvent>(
  open: () => Promise<AccountConnection<TEvent> & AsyncDisposable>,
): void {
  const take = async (source: AccountConnection<TEvent>, count: number): Promise<TEvent[]> => {
    const enough = new AbortController();
    const taken: TEvent[] = [];
    for await (const event of source.events(enough.signal)) {
      taken.push(event);
      if (taken.length === count) enough.abort();
    }
    return taken;
  };

  it("offers what was not handled again, in the same order, also after a restart", async () => {
    const before = await (async () => {
      await using source = await open();
      const first = await take(source, 2);
      expect((await take(source, 2)).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
      return first;
    })();
    await using source = await open();
    expect((await take(source, 2)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });

  it("never offers again what was handled", async () => {
    const handled = await (async () => {
      await using source = await open();
      const [first] = await take(source, 1);
      if (first === undefined) throw new Error("there is no event");
      source.markHandled(first.id);
      return first.id;
    })();
    await using source = await open();
    expect((await take(source, 1)).map(({ id }) => id)).not.toContain(handled);
  });

  it("ends its events quietly when the signal aborts", async () => {
    await using source = await open();
    expect(await take(source, 1)).toHaveLength(1);
  });

  it("knows how it is before the first exchange, and claims no connection", async () => {
    await using source = await open();
    expect(source.status().connected).toBe(false);
    expect(source.status().lastErrorCode).toBeUndefined();
  });
}
