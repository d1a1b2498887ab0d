import { EventEmitter, once } from "node:events";
import path from "node:path";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  identityFromMnemonic,
  parseUserId,
} from "gossip-sdk";
import * as z from "zod";

/** Slow enough for a score of people in one process. */
const POLLING = { liveMs: 300, idleMs: 300, idleMaxMs: 500, bulletinMs: 500, tickMs: 1000 };

/** Bodies of the two calls to the message board; docs/protocol/gossip.md section 9. */
const BoardSchema = z.union([
  z.object({ seekers: z.array(z.string()) }),
  z.object({ key: z.string(), value: z.string() }),
]);

/** Somebody who talks with the bot and writes down when what came back. */
export interface CrashPeer extends AsyncDisposable {
  readonly userId: string;
  /** Every text received, oldest first. */
  readonly heard: readonly { readonly text: string; readonly atMs: number }[];
  /** Asks for contact; resolves when both sides can talk. */
  connect(botId: string): Promise<void>;
  /** Resolves when the relay has the message. */
  say(botId: string, text: string): Promise<void>;
  /** Resolves when a text was received, before or after the call. */
  whenHeard(text: string, signal: AbortSignal): Promise<void>;
  /** Resolves when everything was received that the bot had written by now. */
  catchUp(botId: string, signal: AbortSignal): Promise<void>;
  /** Is this (in Base64) an address at which this person waits for a message? */
  awaits(address: string): boolean;
}

export async function createCrashPeer(relayUrl: string, folder: string): Promise<CrashPeer> {
  const awaited = new Set<string>();
  // Looked at too, for another copy of the state.
  const own = new Set<string>();
  const client = await GossipClient.open({
    identity: await identityFromMnemonic(generateMnemonic(), defaultCrypto()),
    relay: createHttpRelayClient({
      url: relayUrl,
      fetch: async (input, init) => {
        const call = tryParseBoardCall(init?.body);
        if (call !== undefined && "key" in call) own.add(call.key);
        else for (const seeker of call?.seekers ?? []) awaited.add(seeker);
        return await fetch(input, init);
      },
    }),
    databasePath: path.join(folder, "peer.db"),
    polling: POLLING,
  });
  const stop = new AbortController();
  const { signal } = stop;
  const heard: { text: string; atMs: number }[] = [];
  const news = new EventEmitter();
  const hear = async (): Promise<void> => {
    for await (const event of client.events({ signal })) {
      if (event.type === "message") heard.push({ text: event.text, atMs: Date.now() });
      client.markHandled(event.id);
      news.emit("event");
    }
  };
  const tasks = [client.run({ signal }), hear()];
  return {
    userId: client.userId,
    heard,
    connect: async (botId) => {
      const bot = parseUserId(botId);
      await client.requestContact(bot);
      const { promise, resolve } = Promise.withResolvers<void>();
      const isConnected = (): boolean =>
        client.contacts().some(({ peer, session }) => peer === bot && session === "active");
      const unwatch = client.onStatusChange(() => {
        if (isConnected()) resolve();
      });
      if (isConnected()) resolve();
      await promise;
      unwatch();
    },
    say: async (botId, text) => {
      const bot = parseUserId(botId);
      const { messageId } = await client.send(bot, { type: "text", text });
      await client.whenStatus(bot, messageId, "sent", { signal });
    },
    whenHeard: async (text, waiting) => {
      while (!heard.some((item) => item.text === text)) {
        await once(news, "event", { signal: waiting });
      }
    },
    catchUp: async (botId, waiting) => {
      await client.catchUp(parseUserId(botId), { signal: waiting });
      while (client.status().unhandled > 0) await once(news, "event", { signal: waiting });
    },
    awaits: (address) => awaited.has(address) && !own.has(address),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(tasks);
      await client.close();
    },
  };
}

function tryParseBoardCall(body: unknown): z.infer<typeof BoardSchema> | undefined {
  return typeof body === "string" ? BoardSchema.safeParse(JSON.parse(body)).data : undefined;
}
