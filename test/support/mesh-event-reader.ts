/** The event stream of the `mesh` command's API, as a bot reads it. */
import * as z from "zod";

const EventSchema = z.object({
  id: z.number(),
  kind: z.enum(["group", "direct"]),
  channel: z.string(),
  from: z.string(),
  verified: z.boolean(),
  messageId: z.string(),
  body: z.string(),
  payload: z.unknown(),
  sealed: z.boolean(),
});
export type SeenEvent = z.infer<typeof EventSchema>;

/** Events as they come in, each looked at once by whoever waits. */
export class MeshEventReader {
  /** All so far, in order. */
  readonly seen: SeenEvent[] = [];
  readonly #stop: AbortController;
  readonly #ended: Promise<void>;
  #wake = Promise.withResolvers<void>();
  #isOver = false;

  constructor(body: ReadableStream<Uint8Array>, stop: AbortController) {
    this.#stop = stop;
    this.#ended = this.#read(body);
  }

  /** The first event, seen already or not, that passes. @throws Error when the stream ends before. */
  async until(matches: (event: SeenEvent) => boolean): Promise<SeenEvent> {
    for (let index = 0; ; index++) {
      await this.untilCount(index + 1);
      const event = this.seen[index];
      if (event !== undefined && matches(event)) return event;
    }
  }

  /** @throws Error when the stream ends before. */
  async untilCount(count: number): Promise<void> {
    while (this.seen.length < count) {
      if (this.#isOver) throw new Error("the stream of events has ended");
      await this.#wake.promise;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (line.startsWith("data: "))
            this.seen.push(EventSchema.parse(JSON.parse(line.slice(6))));
        }
        this.#wake.resolve();
        this.#wake = Promise.withResolvers();
      }
    } catch {
      // Cut by us or by the peer's end; whoever still waits is told.
    }
    this.#isOver = true;
    this.#wake.resolve();
  }
}
