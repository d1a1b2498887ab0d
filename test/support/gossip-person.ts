import { EventEmitter, once } from "node:events";
import path from "node:path";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  type GossipEvent,
  identityFromMnemonic,
  parseUserId,
} from "gossip-sdk";

const QUICK = { liveMs: 40, idleMs: 40, idleMaxMs: 80, bulletinMs: 40, tickMs: 50 };
const RECEIVE_TIMEOUT_MS = 20_000;

/** Somebody with a Gossip client of their own, on the same relay. */
export interface Person extends AsyncDisposable {
  readonly userId: string;
  readonly client: GossipClient;
  /** Everything received so far, oldest first. */
  readonly received: readonly GossipEvent[];
  /** Asks the bot to talk, as the app does when its id is scanned. */
  greet(botId: string, message?: string): Promise<void>;
  /** @returns The message id in hexadecimal. */
  say(botId: string, text: string): Promise<string>;
  /** The texts received, once there are at least this many. */
  whenTexts(count: number): Promise<string[]>;
}

export async function createPerson(relayUrl: string, folder: string): Promise<Person> {
  const identity = await identityFromMnemonic(generateMnemonic(), defaultCrypto());
  const client = await GossipClient.open({
    identity,
    relay: createHttpRelayClient({ url: relayUrl }),
    databasePath: path.join(folder, "person.db"),
    displayName: "Pat",
    polling: QUICK,
  });
  const stop = new AbortController();
  const { signal } = stop;
  const received: GossipEvent[] = [];
  const news = new EventEmitter();
  const tasks = [
    client.run({ signal }),
    (async () => {
      for await (const event of client.events({ signal })) {
        received.push(event);
        client.markHandled(event.id);
        news.emit("event");
      }
    })(),
  ];
  const texts = (): string[] =>
    received.flatMap((event) => (event.type === "message" ? [event.text] : []));
  return {
    userId: client.userId,
    client,
    received,
    greet: (botId, message) =>
      client.requestContact(parseUserId(botId), message === undefined ? {} : { message }),
    say: async (botId, text) => {
      const { messageId } = await client.send(parseUserId(botId), { type: "text", text });
      return Buffer.from(messageId).toString("hex");
    },
    whenTexts: async (count) => {
      const timeout = AbortSignal.timeout(RECEIVE_TIMEOUT_MS);
      while (texts().length < count) {
        await once(news, "event", { signal: timeout });
      }
      return texts();
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(tasks);
      await client.close();
    },
  };
}
