import type { Http2Server, ServerHttp2Session } from "node:http2";
import { createCalls } from "./calls/create-calls.ts";
import type { MessageKind } from "./calls/call-context.ts";
import { XmtpLocalNodeError } from "./errors.ts";
import type { LocalNodeFaults } from "./faults/faults.ts";
import { FaultSwitches } from "./faults/fault-switches.ts";
import { Withholding } from "./faults/withholding.ts";
import { createGrpcServer } from "./grpc/grpc-server.ts";
import {
  type LocalNodeOptions,
  type ResolvedLocalNodeOptions,
  resolveLocalNodeOptions,
} from "./options.ts";
import type { NewMessage, StoredMessage } from "./store/message-log.ts";
import { NodeStore, type StoreCounts } from "./store/node-store.ts";
import { MessageHub } from "./streams/message-hub.ts";

/** Rows held and streams open now. */
export interface LocalNodeStats extends StoreCounts {
  readonly connections: number;
  readonly openStreams: number;
}

export interface RunningLocalNode extends AsyncDisposable {
  /** For the `apiUrl` of a client, such as "http://127.0.0.1:5556". */
  readonly url: string;
  readonly port: number;
  readonly faults: LocalNodeFaults;
  stats(): LocalNodeStats;
  /** Cuts every connection and stops listening, as a node that went down. The database stays open. */
  stop(): Promise<void>;
  /** Listens again, on the same port. Does nothing when it listens already. */
  start(): Promise<void>;
  /** Stops, and closes the database. */
  close(): Promise<void>;
}

/**
 * Starts a node in this process and resolves when it answers.
 *
 * @throws {@link XmtpLocalNodeError} `invalid_option` | `address_in_use` | `address_unavailable` | `database_newer` |
 *   `database_unusable`. Nothing stays open then.
 */
export async function startLocalNode(options: LocalNodeOptions = {}): Promise<RunningLocalNode> {
  const resolved = resolveLocalNodeOptions(options);
  const store = NodeStore.open(resolved.db, resolved.nowNs);
  try {
    const node = new LocalNode(resolved, store);
    await node.start();
    return node;
  } catch (error) {
    store.close();
    throw error;
  }
}

class LocalNode implements RunningLocalNode {
  readonly #options: ResolvedLocalNodeOptions;
  readonly #store: NodeStore;
  readonly #hubs: Readonly<Record<MessageKind, MessageHub>>;
  readonly #switches = new FaultSwitches();
  readonly #onTheWayIn = new Withholding<NewMessage>((kind, news) => this.#file(kind, news));
  readonly #onTheWayOut = new Withholding<StoredMessage>((kind, news) =>
    this.#hubs[kind].publish(news),
  );
  readonly #sessions = new Set<ServerHttp2Session>();
  #server: Http2Server | undefined;
  #port: number;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedLocalNodeOptions, store: NodeStore) {
    this.#options = options;
    this.#store = store;
    this.#port = options.port;
    this.#hubs = {
      group: new MessageHub(store.groupMessages, options.maxStreamBacklog),
      welcome: new MessageHub(store.welcomeMessages, options.maxStreamBacklog),
    };
  }

  get url(): string {
    const { host } = this.#options;
    return `http://${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get faults(): LocalNodeFaults {
    return {
      inject: (fault) => this.#switches.inject(fault),
      withhold: ({ from, ...scope }) =>
        (from === "streams" ? this.#onTheWayOut : this.#onTheWayIn).hold(scope),
      dropStreams: (code = "UNAVAILABLE") =>
        this.#hubs.group.drop(code) + this.#hubs.welcome.drop(code),
      clear: () => {
        this.#switches.clear();
        this.#onTheWayIn.releaseAll();
        this.#onTheWayOut.releaseAll();
      },
    };
  }

  stats(): LocalNodeStats {
    const openStreams = this.#hubs.group.size + this.#hubs.welcome.size;
    return { ...this.#store.counts(), connections: this.#sessions.size, openStreams };
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { log, logError } = this.#options;
    const server = createGrpcServer({
      calls: createCalls({ store: this.#store, post: this.#post.bind(this) }, this.#hubs),
      around: (call, run) => this.#switches.run(call, run),
      onUnknownCall: (path) => log(`UNIMPLEMENTED: a client called ${path}`),
      onError: logError,
    });
    server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
    this.#port = await listen(server, this.#options.host, this.#port);
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    for (const session of this.#sessions) session.destroy();
    await promise;
  }

  close(): Promise<void> {
    this.#closed ??= this.stop().finally(() => this.#store.close());
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #post(kind: MessageKind, messages: readonly NewMessage[]): void {
    this.#file(kind, this.#onTheWayIn.pass(kind, messages));
  }

  #file(kind: MessageKind, messages: readonly NewMessage[]): void {
    const log = kind === "group" ? this.#store.groupMessages : this.#store.welcomeMessages;
    const stored = this.#store.transaction(() =>
      messages.flatMap((message) => log.append(message) ?? []),
    );
    this.#hubs[kind].publish(this.#onTheWayOut.pass(kind, stored));
  }
}

async function listen(server: Http2Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, host }, resolve);
  try {
    await promise;
  } catch (error) {
    const isInUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const where = `${host} port ${port}`;
    throw isInUse
      ? new XmtpLocalNodeError("address_in_use", `${where} is in use: choose another port`)
      : new XmtpLocalNodeError("address_unavailable", `cannot listen on ${where}`, {
          cause: error,
        });
  }
  server.off("error", reject);
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  return address.port;
}
