import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningRelay, startRelay } from "gossip-relay";
import {
  createHttpRelayClient,
  defaultCrypto,
  GossipClient,
  type GossipEvent,
  identityFromMnemonic,
  parseUserId,
} from "gossip-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IndependentGossipClient } from "../support/independent-gossip-client.ts";

const ALICE =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const BOT = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const QUICK = { liveMs: 30, idleMs: 30, idleMaxMs: 30, bulletinMs: 30, tickMs: 100, repostMs: 50 };

/** A busy machine takes its time. */
const PATIENTLY = { timeout: 20_000, interval: 20 };

/** Alice runs the client written from the specification alone, the bot runs ours. */
describe("an independent client and our GossipClient, on the relay", () => {
  let relay: RunningRelay;
  let folder: string;
  let alice: IndependentGossipClient;
  let bot: GossipClient;
  let stop: AbortController;
  let running: Promise<void>;
  let events: AsyncIterator<GossipEvent>;

  async function startBot(): Promise<void> {
    stop = new AbortController();
    const { signal } = stop;
    bot = await GossipClient.open({
      identity: await identityFromMnemonic(BOT, defaultCrypto()),
      relay: createHttpRelayClient({ url: relay.url }),
      databasePath: path.join(folder, "bot", "gossip.db"),
      displayName: "Bot",
      shouldAccept: () => "trusted",
      polling: QUICK,
    });
    running = bot.run({ signal });
    events = bot.events({ signal })[Symbol.asyncIterator]();
  }

  async function stopBot(): Promise<void> {
    stop.abort();
    await running;
    await bot.close();
  }

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "gossip-interop-"));
    relay = await startRelay();
    alice = new IndependentGossipClient({ mnemonic: ALICE, baseUrl: relay.url });
    await alice.register();
    await startBot();
  });
  afterEach(async () => {
    await stopBot();
    await relay.close();
    rmSync(folder, { recursive: true });
  });

  /** The next thing that a peer did, taken care of. */
  async function nextEvent(): Promise<GossipEvent | undefined> {
    const { value, done } = await events.next();
    if (done === true) return undefined;
    bot.markHandled(value.id);
    return value;
  }

  async function nextText(): Promise<string | undefined> {
    const event = await nextEvent();
    return event?.type === "message" ? event.text : undefined;
  }

  /** Both announcements were exchanged, whoever began. */
  function untilAliceHasSession(): Promise<void> {
    return expect
      .poll(async () => {
        await alice.pollAnnouncements();
        return alice.hasSession(bot.userId);
      }, PATIENTLY)
      .toBe(true);
  }

  async function aliceAsks(): Promise<void> {
    await expect.poll(() => relay.stats().keys, PATIENTLY).toBe(2);
    await alice.announce(bot.userId, "Alice", "hello, it is me");
    expect(await nextEvent()).toMatchObject({ type: "contact_request" });
    await untilAliceHasSession();
  }

  /** Sends from the bot; resolves when it is on the board. */
  async function botSends(content: Parameters<GossipClient["send"]>[1]): Promise<Uint8Array> {
    const peer = parseUserId(alice.userId);
    const { messageId } = await bot.send(peer, content);
    expect(await bot.whenStatus(peer, messageId, "sent", { signal: stop.signal })).toBe("sent");
    return messageId;
  }

  it("agree on who the bot is", () => {
    expect(bot.userId).toBe(
      new IndependentGossipClient({ mnemonic: BOT, baseUrl: relay.url }).userId,
    );
  });

  it("talk when the independent one asks first, its name and words arrive, and answers are acknowledged", async () => {
    await expect.poll(() => relay.stats().keys, PATIENTLY).toBe(2);
    await alice.announce(bot.userId, "Alice", "hello, it is me");
    expect(await nextEvent()).toMatchObject({
      type: "contact_request",
      peer: alice.userId,
      username: "Alice",
      message: "hello, it is me",
    });
    await untilAliceHasSession();
    await alice.sendText(bot.userId, "one");
    await alice.sendText(bot.userId, "two 🦜");
    expect([await nextText(), await nextText()]).toEqual(["one", "two 🦜"]);

    const messageId = await botSends({ type: "text", text: "three" });
    expect(await alice.pollMessages()).toEqual([
      { from: bot.userId, type: 0, messageId, text: "three" },
    ]);
    expect(alice.unacknowledged(bot.userId)).toBe(0);
    await alice.sendText(bot.userId, "four");
    const peer = parseUserId(alice.userId);
    const delivered = bot.whenStatus(peer, messageId, "delivered", { signal: stop.signal });
    expect(await delivered).toBe("delivered");
  });

  it("talk when ours asks first", async () => {
    await bot.requestContact(parseUserId(alice.userId), { message: "I am a bot" });
    const { messageId } = await bot.send(parseUserId(alice.userId), {
      type: "text",
      text: "queued until there is a session",
    });
    await expect
      .poll(() => alice.pollAnnouncements(), PATIENTLY)
      .toEqual([{ from: bot.userId, username: "Bot", message: "I am a bot" }]);
    await alice.announce(bot.userId);
    const peer = parseUserId(alice.userId);
    await bot.whenStatus(peer, messageId, "sent", { signal: stop.signal });
    expect(await alice.pollMessages()).toMatchObject([
      { messageId, text: "queued until there is a session" },
    ]);
    await alice.sendText(bot.userId, "welcome");
    expect(await nextText()).toBe("welcome");
  });

  it("understand each other's replies, reactions, edits and deletes", async () => {
    await aliceAsks();
    const hers = await alice.sendText(bot.userId, "a message");
    expect(await nextEvent()).toMatchObject({ type: "message", messageId: hers });
    const his = await botSends({ type: "reply", text: "a reply", citedId: hers });
    await botSends({ type: "reaction", emoji: "👍", citedId: hers });
    await botSends({ type: "edit", text: "a better reply", citedId: his });
    await botSends({ type: "delete", citedId: his });
    expect(await alice.pollMessages()).toMatchObject([
      { type: 1, text: "a reply", citedId: hers },
      { type: 6, text: "👍", citedId: hers },
      { type: 5, text: "a better reply", citedId: his },
      { type: 4, text: "", citedId: his },
    ]);

    await alice.send(bot.userId, { type: 1, text: "her reply", citedId: his });
    const reaction = await alice.send(bot.userId, { type: 6, text: "🦜", citedId: his });
    await alice.send(bot.userId, { type: 4, text: "", citedId: reaction });
    await alice.send(bot.userId, { type: 5, text: "a better message", citedId: hers });
    await alice.send(bot.userId, { type: 4, text: "", citedId: hers });
    expect(await nextEvent()).toMatchObject({ type: "message", text: "her reply", replyTo: his });
    expect(await nextEvent()).toMatchObject({ type: "reaction", emoji: "🦜", citedId: his });
    expect(await nextEvent()).toMatchObject({ type: "reaction_removed", citedId: his });
    expect(await nextEvent()).toMatchObject({
      type: "edit",
      text: "a better message",
      citedId: hers,
    });
    expect(await nextEvent()).toMatchObject({ type: "delete", citedId: hers });
  });

  it("go on where they were after ours was restarted, with what was sent meanwhile", async () => {
    await aliceAsks();
    await alice.sendText(bot.userId, "before");
    expect(await nextText()).toBe("before");
    await stopBot();
    await alice.sendText(bot.userId, "meanwhile");
    await startBot();
    expect(await nextText()).toBe("meanwhile");
    await botSends({ type: "text", text: "after" });
    expect(await alice.pollMessages()).toMatchObject([{ text: "after" }]);
  });

  it("renew their session from either side", async () => {
    await aliceAsks();
    await alice.announce(bot.userId);
    await alice.sendText(bot.userId, "over the session she renewed");
    expect(await nextText()).toBe("over the session she renewed");

    await bot.requestContact(parseUserId(alice.userId));
    await expect
      .poll(() => alice.pollAnnouncements(), PATIENTLY)
      .toMatchObject([{ from: bot.userId }]);
    await botSends({ type: "text", text: "over the session we renewed" });
    expect(await alice.pollMessages()).toMatchObject([{ text: "over the session we renewed" }]);
    await alice.sendText(bot.userId, "and back");
    expect(await nextText()).toBe("and back");
  });
});
