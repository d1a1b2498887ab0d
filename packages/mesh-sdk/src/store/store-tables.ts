import type { DatabaseSync } from "node:sqlite";
import { AheadMessages } from "./ahead-messages.ts";
import { DroppedTable } from "./dropped-table.ts";
import { InboxTable } from "./inbox-table.ts";
import { Ledger } from "./ledger-table.ts";
import { MessagesTable } from "./messages-table.ts";
import { NotesTable } from "./notes-table.ts";
import { QuarantineTable } from "./quarantine-table.ts";
import { StrayChannels } from "./stray-channels.ts";
import { SumsTable } from "./sums-table.ts";
import { TotalsTable } from "./totals-table.ts";

/** All tables of one database, and what is known of them in memory alone. */
export interface StoreTables {
  readonly ahead: AheadMessages;
  readonly channels: Ledger;
  readonly dropped: DroppedTable;
  readonly inbox: InboxTable;
  readonly messages: MessagesTable;
  readonly notes: NotesTable;
  readonly quarantine: QuarantineTable;
  readonly senders: Ledger;
  readonly strays: StrayChannels;
  readonly sums: SumsTable;
  readonly totals: TotalsTable;
}

export function createTables(database: DatabaseSync): StoreTables {
  return {
    ahead: new AheadMessages(),
    channels: new Ledger(database, "channels"),
    dropped: new DroppedTable(database),
    inbox: new InboxTable(database),
    messages: new MessagesTable(database),
    notes: new NotesTable(database),
    quarantine: new QuarantineTable(database),
    senders: new Ledger(database, "senders"),
    strays: new StrayChannels(),
    sums: new SumsTable(database),
    totals: new TotalsTable(database),
  };
}

/** Writes what a step has gathered in memory. At the end of its transaction. */
export function flushTables({ channels, senders, sums, totals }: StoreTables): void {
  channels.flush();
  senders.flush();
  sums.flush();
  totals.flush();
}

/** Makes memory agree with the disk again, after a transaction that failed. */
export function reloadTables(tables: StoreTables): void {
  tables.ahead.clear();
  tables.channels.forget();
  tables.senders.forget();
  tables.strays.clear();
  tables.sums.forget();
  tables.totals.reload();
  tables.inbox.reload();
  tables.quarantine.reload();
}
