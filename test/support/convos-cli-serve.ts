import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { LogBook, withDeadline } from "channel-testing";
import * as z from "zod";

const START_TIMEOUT_MS = 60_000;
const EVENT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

const EventSchema = z.discriminatedUnion("event", [
  z.object({
    event: z.literal("ready"),
    conversationId: z.string(),
    inboxId: z.string(),
    inviteUrl: z.string().optional(),
  }),
  z.object({
    event: z.literal("message"),
    id: z.string(),
    senderInboxId: z.string(),
    contentType: z.object({ typeId: z.string() }),
    content: z.string(),
  }),
  z.object({ event: z.literal("sent"), id: z.string().optional(), type: z.string().optional() }),
  z.object({ event: z.literal("member_joined"), inboxId: z.string() }),
  z.object({ event: z.literal("typing"), senderInboxId: z.string(), isTyping: z.boolean() }),
  z.object({
    event: z.literal("thinking"),
    senderInboxId: z.string(),
    state: z.string(),
    targetMessageId: z.string(),
  }),
  z.object({
    event: z.literal("profile_update"),
    senderInboxId: z.string(),
    name: z.string().optional(),
  }),
  z.object({
    event: z.literal("explode_notice"),
    senderInboxId: z.string(),
    expiresAt: z.string(),
  }),
  z.object({ event: z.literal("heartbeat") }),
  z.object({ event: z.literal("error"), message: z.string() }),
]);

export type CliEvent = z.infer<typeof EventSchema>;
export type CliEventOf<Name extends CliEvent["event"]> = Extract<CliEvent, { event: Name }>;

/** What can be written to `convos agent serve`. */
export type CliOrder =
  | { readonly type: "send"; readonly text: string; readonly replyTo?: string }
  | { readonly type: "react"; readonly messageId: string; readonly emoji: string }
  | { readonly type: "rename"; readonly name: string }
  | { readonly type: "typing"; readonly isTyping: boolean }
  | { readonly type: "lock" | "unlock" | "explode" }
  | ({ readonly type: "remote-attach"; readonly url: string } & EncryptedFile);

/** What opens a file that was encrypted for a conversation. */
export interface EncryptedFile {
  readonly encryptedFile: string;
  readonly filename: string;
  readonly contentDigest: string;
  /** Base64, as the next two. */
  readonly secret: string;
  readonly salt: string;
  readonly nonce: string;
  readonly contentLength: number;
}

/** A running `convos agent serve`: orders go in, events come out. */
export class ServedConversation implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #log = new LogBook();
  readonly #ended: Promise<void>;
  #ready: CliEventOf<"ready"> | undefined;

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process;
    process.stdout.setEncoding("utf8").on("data", (text: string) => this.#log.append("out", text));
    process.stderr.setEncoding("utf8").on("data", (text: string) => this.#log.append("err", text));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    // Writing to a process that has just died; its end is told by what waits for its events.
    process.stdin.on("error", () => undefined);
    process.once("error", () => resolve());
    process.once("close", (code) => {
      this.#log.end(`convos agent serve ended with ${code}`);
      resolve();
    });
  }

  /** Resolves when it listens: `ready` comes before its streams are open, the first heartbeat after. */
  static async start(
    launcher: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<ServedConversation> {
    const child = spawn(process.execPath, [launcher, ...args, "--heartbeat", "1"], { env });
    const served = new ServedConversation(child);
    try {
      served.#ready = await served.next("ready", () => true, START_TIMEOUT_MS);
      await served.next("heartbeat", () => true, START_TIMEOUT_MS);
    } catch (error) {
      await served.kill();
      throw error;
    }
    return served;
  }

  get conversationId(): string {
    return this.#started().conversationId;
  }

  get inboxId(): string {
    return this.#started().inboxId;
  }

  /** @throws when the CLI has made none, as in a conversation without a tag. */
  get inviteUrl(): string {
    const { inviteUrl } = this.#started();
    if (inviteUrl === undefined) throw new TypeError("the CLI made no invite");
    return inviteUrl;
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new TypeError("the CLI did not start");
    return this.#process.pid;
  }

  /** All events so far, oldest first. */
  get events(): CliEvent[] {
    return this.#log.lines.flatMap(({ text }) => tryParseEvent(text) ?? []);
  }

  /** The first event of this kind that fits; events that have already come count too. */
  async next<Name extends CliEvent["event"]>(
    name: Name,
    fits: (event: CliEventOf<Name>) => boolean = () => true,
    timeoutMs = EVENT_TIMEOUT_MS,
  ): Promise<CliEventOf<Name>> {
    const isNamed = (event: CliEvent): event is CliEventOf<Name> => event.event === name;
    // Heartbeats come all the time: the wait as a whole has an end, not each step of it.
    const endMs = performance.now() + timeoutMs;
    let from = 0;
    for (;;) {
      const leftMs = Math.max(0, endMs - performance.now());
      const line = await this.#log.waitFor(/^\{/, { from, timeoutMs: leftMs });
      const event = tryParseEvent(line.text);
      if (event !== undefined && isNamed(event) && fits(event)) return event;
      from = line.index + 1;
    }
  }

  /** The first message with this content. Replies and reactions read as sentences: `reacted 👍 to <id>`. */
  async message(content: string | RegExp, timeoutMs?: number): Promise<CliEventOf<"message">> {
    return this.next(
      "message",
      (event) =>
        typeof content === "string" ? event.content === content : content.test(event.content),
      timeoutMs,
    );
  }

  /** Writes an order. @returns the event that confirms it. */
  async order(order: CliOrder): Promise<CliEventOf<"sent">> {
    const from = this.#log.nextIndex;
    this.#process.stdin.write(`${JSON.stringify(order)}\n`);
    const line = await this.#log.waitFor(/^\{"event":"(?:sent|error)"/, {
      from,
      timeoutMs: EVENT_TIMEOUT_MS,
    });
    const event = EventSchema.parse(JSON.parse(line.text));
    if (event.event === "sent") return event;
    throw new Error(`convos agent serve refused ${order.type}: ${line.text}`);
  }

  /** Sends text. @returns the id of the message. */
  async send(text: string, replyTo?: string): Promise<string> {
    const { id } = await this.order({
      type: "send",
      text,
      ...(replyTo !== undefined && { replyTo }),
    });
    if (id === undefined) throw new TypeError("the CLI named no message");
    return id;
  }

  /** Tells the conversation where an encrypted file lies. */
  async sendFile(url: string, file: EncryptedFile): Promise<void> {
    await this.order({ type: "remote-attach", url, ...file });
  }

  /** Ends it as a user would. */
  async stop(): Promise<void> {
    this.#process.stdin.end();
    await withDeadline(this.#ended, STOP_TIMEOUT_MS, "the end of convos agent serve").catch(() =>
      this.kill(),
    );
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #started(): CliEventOf<"ready"> {
    if (this.#ready === undefined) throw new TypeError("not started");
    return this.#ready;
  }
}

function tryParseEvent(text: string): CliEvent | undefined {
  if (!text.startsWith("{")) return undefined;
  return EventSchema.safeParse(JSON.parse(text)).data;
}
