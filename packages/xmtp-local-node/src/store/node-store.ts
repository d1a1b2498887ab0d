import type { DatabaseSync } from "node:sqlite";
import { CommitLog } from "./commit-log.ts";
import { inTransaction, openDatabase } from "./database.ts";
import { InboxLog } from "./inbox-log.ts";
import { KeyPackages } from "./key-packages.ts";
import { MessageLog } from "./message-log.ts";

/** Rows held now. */
export interface StoreCounts {
  readonly installations: number;
  readonly inboxes: number;
  readonly groupMessages: number;
  readonly welcomeMessages: number;
}

/** Everything that a node keeps. Synchronous: between two statements of a transaction nobody else gets a turn. */
export class NodeStore implements Disposable {
  readonly groupMessages: MessageLog;
  readonly welcomeMessages: MessageLog;
  readonly commitLog: CommitLog;
  readonly inboxes: InboxLog;
  readonly keyPackages: KeyPackages;
  readonly #database: DatabaseSync;

  /** @throws {@link XmtpLocalNodeError} `database_newer` | `database_unusable`. */
  static open(file: string, nowNs: () => bigint): NodeStore {
    return new NodeStore(openDatabase(file), nowNs);
  }

  private constructor(database: DatabaseSync, nowNs: () => bigint) {
    this.#database = database;
    this.groupMessages = new MessageLog(database, "group_messages", nowNs);
    this.welcomeMessages = new MessageLog(database, "welcome_messages", nowNs);
    this.commitLog = new CommitLog(database);
    this.inboxes = new InboxLog(database, nowNs);
    this.keyPackages = new KeyPackages(database);
  }

  transaction<T>(work: () => T): T {
    return inTransaction(this.#database, work);
  }

  counts(): StoreCounts {
    return {
      installations: this.keyPackages.count(),
      inboxes: this.inboxes.count(),
      groupMessages: this.groupMessages.count(),
      welcomeMessages: this.welcomeMessages.count(),
    };
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
