import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningRelay, startRelay } from "gossip-relay";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  type GossipClientOptions,
  type GossipEvent,
  type GossipUserId,
  identityFromMnemonic,
  type Identity,
  type PollingOptions,
  type SentMessage,
} from "gossip-sdk";

/** Everything a hundred times faster than for real, so that tests wait for events and not for time. */
const FAST: PollingOptions = {
  liveMs: 15,
  liveForMs: 120_000,
  idleMs: 15,
  idleMaxMs: 30,
  bulletinMs: 15,
  tickMs: 15,
  forkCheckMs: 60,
  repostMs: 30,
  retryMs: 20,
};

type EventOf<T extends GossipEvent["type"]> = Extract<GossipEvent, { type: T }>;

/** A relay, a clock that can be moved, and people who talk over it. */
export class GossipNet implements AsyncDisposable {
  readonly relay: RunningRelay;
  /** Added to every person's clock. */
  offsetMs = 0;
  readonly #folder: string;
  readonly #people: Person[] = [];

  private constructor(relay: RunningRelay, folder: string) {
    this.relay = relay;
    this.#folder = folder;
  }

  static async start(): Promise<GossipNet> {
    const relay = await startRelay();
    return new GossipNet(relay, await mkdtemp(path.join(tmpdir(), "gossip-people-")));
  }

  /** Somebody new, running. Accepts and trusts everybody unless told otherwise. */
  async person(
    name: string,
    options: Partial<GossipClientOptions> & { words?: string } = {},
  ): Promise<Person> {
    const { words = generateMnemonic(), ...rest } = options;
    const identity = await identityFromMnemonic(words, defaultCrypto());
    const person = new Person(this, {
      words,
      identity,
      folder: this.folderFor(name),
      rest,
    });
    this.#people.push(person);
    await person.start();
    await person.until((client) => client.status().keysPublishedAtMs !== undefined);
    return person;
  }

  /** A folder that is deleted with everything else. */
  folderFor(name: string): string {
    return path.join(this.#folder, name);
  }

  now(): number {
    return Date.now() + this.offsetMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#people.map((person) => person.stop()));
    await this.relay.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** One client with its own state, whose events are marked as handled as the test takes them. */
export class Person {
  readonly identity: Identity;
  readonly words: string;
  readonly databasePath: string;
  readonly logged: string[] = [];
  readonly #net: GossipNet;
  readonly #options: Partial<GossipClientOptions>;
  readonly #taken: GossipEvent[] = [];
  #client: GossipClient | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #events: AsyncIterator<GossipEvent> | undefined;

  constructor(
    net: GossipNet,
    from: {
      words: string;
      identity: Identity;
      folder: string;
      rest: Partial<GossipClientOptions>;
    },
  ) {
    this.#net = net;
    this.words = from.words;
    this.identity = from.identity;
    this.databasePath = path.join(from.folder, "gossip.db");
    this.#options = from.rest;
  }

  get client(): GossipClient {
    if (this.#client === undefined) throw new Error("test: not started");
    return this.#client;
  }

  get id(): GossipUserId {
    return this.identity.userId;
  }

  async start(): Promise<void> {
    this.#stop = new AbortController();
    const log = (line: string): void => void this.logged.push(line);
    this.#client = await GossipClient.open({
      identity: this.identity,
      relay: createHttpRelayClient({ url: this.#net.relay.url }),
      databasePath: this.databasePath,
      shouldAccept: () => "trusted",
      clock: { now: () => this.#net.now() },
      polling: FAST,
      log: { debug: log, info: log, warn: log },
      ...this.#options,
    });
    const { signal } = this.#stop;
    this.#running = this.#client.run({ signal });
    this.#events = this.#client.events({ signal })[Symbol.asyncIterator]();
  }

  /** Ends the run and closes the state; rejects if the run failed. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#client?.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The next event of a type; what comes before it is taken too, see {@link taken}. */
  async next<T extends GossipEvent["type"]>(type: T): Promise<EventOf<T>> {
    for (;;) {
      // Events come one after the other.
      const result = await this.#events?.next();
      if (result === undefined || result.done === true) throw new Error("test: no more events");
      const event = result.value;
      this.client.markHandled(event.id);
      this.#taken.push(event);
      if (isOfType(event, type)) return event;
    }
  }

  /** Every event taken so far, over restarts. */
  get taken(): readonly GossipEvent[] {
    return this.#taken;
  }

  /** Texts of the messages taken so far. */
  get texts(): string[] {
    return this.#taken.flatMap((event) => (event.type === "message" ? [event.text] : []));
  }

  sendText(to: Person, text: string): Promise<SentMessage> {
    return this.client.send(to.id, { type: "text", text });
  }

  /** Waits until the peer has acknowledged one of our messages. */
  async delivered(to: Person, message: SentMessage): Promise<void> {
    const { signal } = this.#stop;
    const status = await this.client.whenStatus(to.id, message.messageId, "delivered", { signal });
    if (status !== "delivered") throw new Error(`test: the message ended as ${status}`);
  }

  /** Waits until the status satisfies a condition. */
  async until(condition: (client: GossipClient) => boolean): Promise<void> {
    const { client } = this;
    if (condition(client)) return;
    await new Promise<void>((resolve) => {
      const stop = client.onStatusChange(() => {
        if (!condition(client)) return;
        stop();
        resolve();
      });
    });
  }
}

/** Makes two people contacts and waits until each has heard from the other. */
export async function connect(one: Person, other: Person): Promise<void> {
  await one.client.requestContact(other.id);
  await one.sendText(other, "hello");
  await other.next("message");
  await other.sendText(one, "hello yourself");
  await one.next("message");
}

function isOfType<T extends GossipEvent["type"]>(event: GossipEvent, type: T): event is EventOf<T> {
  return event.type === type;
}
