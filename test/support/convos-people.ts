import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type ConversationSummary,
  ConvosClient,
  type ConvosClientOptions,
  type ConvosEvent,
  type ConvosTiming,
  generateMnemonic,
  type OutgoingContent,
  rootFromMnemonic,
} from "convos-node-sdk";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";

/**
 * Faster than for real, so that tests wait for events and not for time. What a stream does not tell comes with the next
 * comparison, for users within a minute: sooner than the patience here.
 */
const FAST: Partial<ConvosTiming> = {
  joinPollMs: 250,
  retryMinMs: 100,
  retryMaxMs: 500,
  reconcileMs: 10_000,
};
const PATIENCE_MS = 30_000;

type EventOf<T extends ConvosEvent["type"]> = Extract<ConvosEvent, { type: T }>;

/** An XMTP node and people who talk over it. */
export class ConvosNet implements AsyncDisposable {
  readonly node: RunningLocalNode;
  readonly #folder: string;
  readonly #people: ConvosPerson[] = [];

  private constructor(node: RunningLocalNode, folder: string) {
    this.node = node;
    this.#folder = folder;
  }

  /** @param node - Default one of its own. It is closed with everything else. */
  static async start(node?: RunningLocalNode): Promise<ConvosNet> {
    const folder = await mkdtemp(path.join(tmpdir(), "convos-people-"));
    return new ConvosNet(node ?? (await startLocalNode()), folder);
  }

  /** Somebody new, running. */
  async person(
    name: string,
    options: Partial<ConvosClientOptions> & { words?: string } = {},
  ): Promise<ConvosPerson> {
    const { words = generateMnemonic(), ...rest } = options;
    const person = new ConvosPerson(this, { name, words, folder: this.folderFor(name), rest });
    this.#people.push(person);
    await person.start();
    return person;
  }

  /** A folder that is deleted with everything else. */
  folderFor(name: string): string {
    return path.join(this.#folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#people.map((person) => person.stop()));
    await this.node.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** One client with its own state, whose events are marked as handled as the test takes them. */
export class ConvosPerson {
  readonly words: string;
  readonly folder: string;
  readonly logged: string[] = [];
  readonly #name: string;
  readonly #net: ConvosNet;
  readonly #options: Partial<ConvosClientOptions>;
  #client: ConvosClient | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #events: AsyncIterator<ConvosEvent> | undefined;
  #keys = 0;

  constructor(
    net: ConvosNet,
    from: { name: string; words: string; folder: string; rest: Partial<ConvosClientOptions> },
  ) {
    this.#net = net;
    this.#name = from.name;
    this.words = from.words;
    this.folder = from.folder;
    this.#options = from.rest;
  }

  get client(): ConvosClient {
    if (this.#client === undefined) throw new Error("test: not started");
    return this.#client;
  }

  async start(): Promise<void> {
    this.#stop = new AbortController();
    const log = (line: string): void => void this.logged.push(line);
    const { timing, ...rest } = this.#options;
    this.#client = await ConvosClient.open({
      folder: this.folder,
      root: rootFromMnemonic(this.words),
      env: "local",
      apiUrl: this.#net.node.url,
      profile: { name: this.#name },
      log: { debug: log, info: log, warn: log },
      timing: { ...FAST, ...timing },
      ...rest,
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

  /** Resolves once a condition on the client holds; looks again whenever its status may have changed. */
  async until(condition: (client: ConvosClient) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`test: not within ${PATIENCE_MS} ms; ${this.logged.join("; ")}`)),
      PATIENCE_MS,
    );
    const check = (): void => {
      if (condition(this.client)) resolve();
    };
    const stop = this.client.onStatusChange(check);
    check();
    await promise.finally(() => {
      stop();
      clearTimeout(timer);
    });
  }

  /** The next event of a kind; others in between are taken and dropped. */
  async next<T extends ConvosEvent["type"]>(type: T): Promise<EventOf<T>> {
    for (;;) {
      const event = await this.take();
      if (isOfType(event, type)) return event;
    }
  }

  /** Everything up to the next event of a kind, that one included. */
  async takeThrough(type: ConvosEvent["type"]): Promise<ConvosEvent[]> {
    const events = [await this.take()];
    while (events.at(-1)?.type !== type) events.push(await this.take());
    return events;
  }

  /** The next event of any kind. */
  async take(): Promise<ConvosEvent> {
    if (this.#events === undefined) throw new Error("test: not started");
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`test: no event within ${PATIENCE_MS} ms; ${this.logged.join("; ")}`)),
      PATIENCE_MS,
    );
    try {
      const { done, value } = await Promise.race([this.#events.next(), late]);
      if (done === true) throw new Error("test: no more events");
      this.client.markHandled(value.id);
      return value;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Queues a message and waits until it is with the network. @returns Its message id. */
  async send(conversationId: string, content: OutgoingContent): Promise<string> {
    this.#keys += 1;
    const key = `test-${this.#keys}`;
    await this.client.send(conversationId, content, { key });
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return (await this.client.whenSent(conversationId, key, { signal })).messageId;
  }

  sendText(conversationId: string, text: string): Promise<string> {
    return this.send(conversationId, { type: "text", text });
  }

  /** Joins by an invite and waits until it is in. */
  async join(invite: string): Promise<ConversationSummary> {
    const { joinId } = await this.client.join(invite);
    return this.client.whenJoined(joinId, { signal: AbortSignal.timeout(PATIENCE_MS) });
  }
}

/** A conversation that one person makes and another one joins. */
export async function meet(
  creator: ConvosPerson,
  ...joiners: readonly ConvosPerson[]
): Promise<ConversationSummary> {
  const conversation = await creator.client.createConversation({ name: "Room" });
  for (const joiner of joiners) {
    const { url } = await creator.client.createInvite(conversation.id);
    await joiner.join(url);
  }
  return conversation;
}

function isOfType<T extends ConvosEvent["type"]>(event: ConvosEvent, type: T): event is EventOf<T> {
  return event.type === type;
}
