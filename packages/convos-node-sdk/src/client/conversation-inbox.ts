import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { EncodedContentParts } from "../content/content-parts.ts";
import { ConvosError } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import type { XmtpConversation, XmtpInbox } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";

export interface ConversationInboxOptions {
  readonly context: Pick<ClientContext, "databaseKeyAt" | "folder" | "network" | "openings">;
  readonly key: ConvosKey;
  readonly keyIndex: number;
  readonly mayAddInstallation: () => boolean;
  /** A write of XMTP's library failed, or a call was never answered: until the inbox is released nothing goes on. */
  readonly onBroken: () => void;
}

/** How long a release waits for an opening that is under way, before it is given up. */
const OPENING_GRACE_MS = 2_000;

/** One opening of the inbox. */
class Opening {
  /** Gives it up, while it is under way. */
  readonly stop = new AbortController();
  readonly inbox: Promise<XmtpInbox>;

  constructor(open: (opening: Opening) => Promise<XmtpInbox>) {
    this.inbox = open(this);
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.stop.abort(closedError()), OPENING_GRACE_MS);
    try {
      await (await this.inbox).close();
    } catch {
      // What never opened needs no closing.
    } finally {
      clearTimeout(timer);
    }
  }
}

function closedError(): ConvosError {
  return new ConvosError("closed", "conversation: closed");
}

/** The inbox of one conversation and its folder: opened when it is needed, released, and opened again. */
export class ConversationInbox {
  readonly #options: ConversationInboxOptions;
  readonly #folder: string;
  readonly #databasePath: string;
  #opening: Opening | undefined;
  #released: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #broken: ConvosError | undefined;

  constructor(options: ConversationInboxOptions) {
    const { context, keyIndex } = options;
    this.#options = options;
    this.#folder = path.join(context.folder, "inboxes", keyIndex < 0 ? "owner" : String(keyIndex));
    this.#databasePath = path.join(this.#folder, "inbox.db3");
  }

  /**
   * The inbox, opened when it is not.
   *
   * @throws ConvosError `network_unreachable` (an inbox that was never registered) | `too_many_installations` |
   *   `key_in_use` | `closed`.
   */
  open(): Promise<XmtpInbox> {
    if (this.#isClosed) return Promise.reject(closedError());
    this.#opening ??= this.#begin();
    return this.#opening.inbox;
  }

  /** Whether only another opening helps. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * @throws ConvosError `state_unwritable` after a write of XMTP's library has failed, `network_unreachable` after a call was
   *   never answered: its connection is of no use then.
   */
  assertUsable(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** The same conversation, of which it is noticed when a write fails. */
  watchWrites<T extends XmtpConversation>(conversation: T): T {
    const notice = (error: unknown): never => {
      if (error instanceof ConvosError && error.code === "state_unwritable") {
        this.#break(error);
      }
      throw error;
    };
    return {
      ...conversation,
      prepare(content: EncodedContentParts, key: string) {
        try {
          return conversation.prepare(content, key);
        } catch (error) {
          return notice(error);
        }
      },
      publish: (messageId: string) => conversation.publish(messageId).catch(notice),
    };
  }

  /** Closes the inbox until it is opened again; resolves once it is closed, whoever began. */
  async release(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#broken = undefined;
    this.#released = Promise.all([this.#released, opening?.close()]);
    await this.#released;
  }

  /** Closes it for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.release();
  }

  /** Whether XMTP's database is there. */
  hasDatabase(): boolean {
    return existsSync(this.#databasePath);
  }

  /** Deletes XMTP's database. The inbox has to be closed. */
  deleteDatabase(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #begin(): Opening {
    const { openings } = this.#options.context;
    const closed = this.#released;
    const begun = new Opening((opening) =>
      openings.run(async () => {
        await closed;
        return this.#open(opening);
      }),
    );
    begun.inbox.catch(() => {
      if (this.#opening === begun) this.#opening = undefined;
    });
    return begun;
  }

  async #open(opening: Opening): Promise<XmtpInbox> {
    if (this.#opening !== opening) throw closedError();
    const { context, key, keyIndex, mayAddInstallation } = this.#options;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const inbox = await context.network.openInbox({
      key,
      databasePath: this.#databasePath,
      databaseKey: context.databaseKeyAt(keyIndex),
      mayAddInstallation: mayAddInstallation(),
      signal: opening.stop.signal,
      onStuck: () => {
        // A call of an earlier opening says nothing of this one.
        if (this.#opening !== opening) return;
        this.#break(
          new ConvosError("network_unreachable", "conversation: a call was not answered"),
        );
      },
    });
    restrictToOwner(this.#folder);
    return inbox;
  }

  #break(error: ConvosError): void {
    this.#broken = error;
    this.#options.onBroken();
  }
}

/** XMTP makes its files readable for others. The folder is closed to them, but a copy of it may not be. */
function restrictToOwner(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    try {
      chmodSync(file, 0o600);
    } catch (error) {
      // SQLite removes its log when it likes.
      if (existsSync(file)) throw error;
    }
  }
}
