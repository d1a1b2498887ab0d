import path from "node:path";
import {
  GossipClient,
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  identityFromMnemonic,
  normalizeMnemonic,
  parseUserId,
} from "gossip-sdk";
import type { Clock, GossipEvent, GossipUserId, PollingOptions } from "gossip-sdk";
import { TextInbox } from "./text-inbox.ts";

/** Somebody watches: look more often than an idle client would. */
const POLLING: Partial<PollingOptions> = {
  liveMs: 300,
  idleMs: 500,
  idleMaxMs: 1000,
  bulletinMs: 500,
};
const SEND_TIMEOUT_MS = 30_000;

/** A second person, played with the channel's own SDK. */
export interface GossipPerson extends AsyncDisposable {
  readonly id: string;
  /** Resolves when the network has the message. The first message asks for contact. */
  say(to: string, text: string): Promise<void>;
  /** The first text from `from` that matches and was not heard before. Rejects when the time is up. */
  hear(from: string, matches: (text: string) => boolean, timeoutMs: number): Promise<string>;
  /** Calls back for every text from now on, until the returned function is called. */
  onText(listener: (from: string, text: string) => void): () => void;
  /** Also for what there is no word for above. */
  readonly client: GossipClient;
  /** Every text that came in. */
  readonly inbox: TextInbox;
  /** Everything that came in, reactions and edits too, in order. */
  readonly events: readonly GossipEvent[];
}

export interface GossipPersonOptions {
  readonly relayUrl: string;
  /** Folder of this person alone. */
  readonly folder: string;
  readonly displayName: string;
  /** Recovery words; a new identity without them. */
  readonly words?: string;
  /** Default: the clock of this machine. */
  readonly clock?: Clock;
}

/** Opens a Gossip client, accepts whoever asks, and keeps it running until it is disposed. */
export async function openGossipPerson(options: GossipPersonOptions): Promise<GossipPerson> {
  const words = normalizeMnemonic(options.words ?? generateMnemonic());
  const client = await GossipClient.open({
    identity: await identityFromMnemonic(words, defaultCrypto()),
    relay: createHttpRelayClient({ url: options.relayUrl }),
    databasePath: path.join(options.folder, "client.db"),
    displayName: options.displayName,
    shouldAccept: () => true,
    polling: POLLING,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const inbox = new TextInbox();
  const events: GossipEvent[] = [];
  const ending = new AbortController();
  const { signal } = ending;
  const work = Promise.all([client.run({ signal }), fillInbox(client, inbox, events, signal)]).then(
    () => undefined,
    (error: unknown) => inbox.fail(error),
  );
  const contacts = new Set<GossipUserId>();
  return {
    id: client.userId,
    client,
    inbox,
    events,
    async say(to, text) {
      const peer = parseUserId(to);
      if (!contacts.has(peer)) {
        await client.requestContact(peer);
        contacts.add(peer);
      }
      const { messageId } = await client.send(peer, { type: "text", text });
      await client.whenStatus(peer, messageId, "sent", {
        signal: AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]),
      });
    },
    async hear(from, matches, timeoutMs) {
      const peer = parseUserId(from);
      const heard = await inbox.take(
        (message) => message.from === peer && matches(message.text),
        timeoutMs,
      );
      return heard.text;
    },
    onText: (listener) => inbox.onText(({ from, text }) => listener(from, text)),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await work;
      await client[Symbol.asyncDispose]();
    },
  };
}

async function fillInbox(
  client: GossipClient,
  inbox: TextInbox,
  events: GossipEvent[],
  signal: AbortSignal,
): Promise<void> {
  for await (const event of client.events({ signal })) {
    events.push(event);
    if (event.type === "message") inbox.add({ from: event.peer, text: event.text });
    client.markHandled(event.id);
  }
}
