// Somebody with the unmodified XMTP SDK in one conversation with the bot: cheap enough for a score of them.
import { EventEmitter, once } from "node:events";
import type { DecodedMessage, Dm, Group } from "@xmtp/node-sdk";
import { pollUntil } from "channel-testing";
import { parseInviteText } from "convos-node-sdk";
import { convosCodecs } from "convos-node-sdk/agent";
import { XmtpPeer } from "../../support/xmtp-peer.ts";
import type { HeardText } from "./crash-channel.ts";

const JOIN_TIMEOUT_MS = 90_000;
/** What Convos says beside texts is not looked at; without these the SDK complains of each such message. */
const UNREAD = convosCodecs().map(({ contentType }) => ({
  contentType,
  encode: () => ({ type: contentType, parameters: {}, content: new Uint8Array() }),
  decode: () => "",
  fallback: () => undefined,
  shouldPush: () => false,
}));
const SAYING: ReadonlySet<string> = new Set(["text", "reply"]);

export class CrashConvosPeer implements AsyncDisposable {
  /** Every text of the bot, oldest first; each message once. */
  readonly heard: HeardText[] = [];
  readonly #peer: XmtpPeer;
  readonly #news = new EventEmitter();
  readonly #known = new Set<string>();
  #place: Dm | Group | undefined;
  #stopHearing: () => Promise<unknown> = () => Promise.resolve();

  private constructor(peer: XmtpPeer) {
    this.#peer = peer;
  }

  static async start(apiUrl: string): Promise<CrashConvosPeer> {
    return new CrashConvosPeer(await XmtpPeer.start(apiUrl, UNREAD));
  }

  /** Opens the direct conversation with an inbox of the bot. @returns Its id. */
  async openDirect(botInboxId: string): Promise<string> {
    const direct = await this.#peer.client.conversations.createDm(botInboxId);
    return await this.#settleIn(direct);
  }

  /** Asks to be let in by an invite, as the app does, and waits until the bot has. */
  async join(inviteUrl: string, botInboxId: string, conversation: string): Promise<string> {
    await this.#peer.write(botInboxId, parseInviteText(inviteUrl).slug);
    const group = await pollUntil(
      () => this.#peer.group(conversation),
      (found) => found !== undefined,
      JOIN_TIMEOUT_MS,
      `somebody let into ${conversation}`,
    );
    if (group === undefined) throw new TypeError("crash run: not in the conversation");
    return await this.#settleIn(group);
  }

  /** Resolves when the network has the message. */
  async say(text: string): Promise<void> {
    // Under the keys as they are now: who came since cannot read what is written under older ones.
    await this.catchUp();
    await this.#there().sendText(text);
    // Sending reads from the network too, and the stream does not tell of what was read beside it.
    await this.#listen();
  }

  /** Resolves when a text was received, before or after the call. */
  async whenHeard(text: string, signal: AbortSignal): Promise<void> {
    while (!this.heard.some((item) => item.text === text)) {
      await once(this.#news, "heard", { signal });
    }
  }

  /** Reads everything that the network has by now. */
  async catchUp(): Promise<void> {
    await this.#there().sync();
    await this.#listen();
  }

  /** Ends the stream: the network goes. */
  async disconnect(): Promise<void> {
    await this.#stopHearing();
  }

  /** Hears again, from where it was: the network is back. */
  async connect(): Promise<void> {
    const stream = await this.#there().stream({
      onValue: (message) => this.#note(message),
      // A network that goes takes the stream along; `connect` opens the next one.
      retryOnFail: false,
    });
    this.#stopHearing = () => stream.end();
    await this.catchUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
    await this.#peer[Symbol.asyncDispose]();
  }

  async #settleIn(place: Dm | Group): Promise<string> {
    this.#place = place;
    await this.connect();
    return place.id;
  }

  async #listen(): Promise<void> {
    for (const message of await this.#there().messages()) this.#note(message);
  }

  #note({ content, contentType, id, senderInboxId }: DecodedMessage): void {
    const text = SAYING.has(contentType.typeId) ? textOf(content) : undefined;
    if (senderInboxId === this.#peer.inboxId || text === undefined || this.#known.has(id)) return;
    this.#known.add(id);
    this.heard.push({ text, atMs: Date.now() });
    this.#news.emit("heard");
  }

  #there(): Dm | Group {
    if (this.#place === undefined) throw new Error("crash run: nobody to talk with");
    return this.#place;
  }
}

/** A text, or the text of a reply. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  const isReply = typeof content === "object" && content !== null && "content" in content;
  return isReply ? textOf(content.content) : undefined;
}
