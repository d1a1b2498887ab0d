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
  /** A write of XMTP's library failed: until the inbox is released nothing goes on. */
  readonly onWriteFailed: () => void;
}

/** The inbox of one conversation and its folder: opened when it is needed, released, and opened again. */
export class ConversationInbox {
  readonly #options: ConversationInboxOptions;
  readonly #folder: string;
  readonly #databasePath: string;
  #inbox: Promise<XmtpInbox> | undefined;
  #isClosed = false;
  #hasFailedToWrite = false;

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
    if (this.#isClosed) return Promise.reject(new ConvosError("closed", "conversation: closed"));
    this.#inbox ??= this.#options.context.openings
      .run(() => this.#open())
      .catch((error: unknown) => {
        this.#inbox = undefined;
        throw error;
      });
    return this.#inbox;
  }

  /** @throws ConvosError `state_unwritable` after a write of XMTP's library has failed: its connection is of no use. */
  assertCanWrite(): void {
    if (this.#hasFailedToWrite) throw new ConvosError("state_unwritable", "a write has failed");
  }

  /** The same conversation, of which it is noticed when a write fails. */
  watchWrites<T extends XmtpConversation>(conversation: T): T {
    const notice = (error: unknown): never => {
      if (error instanceof ConvosError && error.code === "state_unwritable") {
        this.#hasFailedToWrite = true;
        this.#options.onWriteFailed();
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

  /** Closes the inbox until it is opened again. */
  async release(): Promise<void> {
    const inbox = this.#inbox;
    this.#inbox = undefined;
    this.#hasFailedToWrite = false;
    // What never opened needs no closing.
    await inbox?.then((opened) => opened.close()).catch(() => undefined);
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

  async #open(): Promise<XmtpInbox> {
    const { context, key, keyIndex, mayAddInstallation } = this.#options;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const inbox = await context.network.openInbox({
      key,
      databasePath: this.#databasePath,
      databaseKey: context.databaseKeyAt(keyIndex),
      mayAddInstallation: mayAddInstallation(),
    });
    restrictToOwner(this.#folder);
    if (this.#isClosed) {
      await inbox.close();
      throw new ConvosError("closed", "conversation: closed");
    }
    return inbox;
  }
}

/** XMTP makes its files readable for others. The folder is closed to them, but a copy of it may not be. */
function restrictToOwner(folder: string): void {
  for (const name of readdirSync(folder)) chmodSync(path.join(folder, name), 0o600);
}
