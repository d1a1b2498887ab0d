import { once } from "node:events";
import { WebSocket } from "ws";

/** With more than this unsent, the load waits: it must not be the memory of the load that is measured. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** Frames between two looks at what is unsent. */
const LOOK_EVERY = 32;
const PONG = JSON.stringify({ type: "pong" });
const MESSAGE_ID = /^\{"type":"message".*?"message_id":"([^"]+)"/;

/** The id of the message in a frame, undefined for a frame of another kind. Quick: the load must not be the bottleneck. */
export function messageIdIn(text: string): string | undefined {
  return MESSAGE_ID.exec(text)?.[1];
}

/** A link that speaks the frames of the reference: the smallest load that a peer can have. */
export class LoadLink implements Disposable {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Connects, shakes hands, and subscribes. Frames from then on go to the listener, as text. */
  static async open(
    url: string,
    options: {
      readonly name: string;
      readonly channels?: readonly string[];
      readonly onText?: (text: string) => void;
    },
  ): Promise<LoadLink> {
    const socket = new WebSocket(url);
    await once(socket, "open");
    const greeted = once(socket, "message");
    socket.send(
      JSON.stringify({
        type: "handshake",
        version: 1,
        peer_id: options.name,
        capabilities: { relay: false, store: false },
      }),
    );
    await greeted;
    for (const channelId of options.channels ?? []) {
      socket.send(JSON.stringify({ type: "subscribe", channel_id: channelId }));
    }
    // Frames are taken in order: once this is answered, the subscriptions count.
    const ponged = Promise.withResolvers<void>();
    // Set in the options: what comes is one buffer.
    socket.on("message", (data: Buffer) => {
      const text = data.toString();
      if (text === PONG) ponged.resolve();
      options.onText?.(text);
    });
    socket.send(JSON.stringify({ type: "ping" }));
    await ponged.promise;
    return new LoadLink(socket);
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Sends as fast as the peer reads. */
  async sendAll(texts: Iterable<string>): Promise<void> {
    let sent = 0;
    for (const text of texts) {
      this.#socket.send(text);
      sent += 1;
      if (sent % LOOK_EVERY === 0) await this.#drain();
    }
  }

  async #drain(): Promise<void> {
    while (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      await new Promise<void>((next) => {
        setImmediate(next);
      });
    }
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
