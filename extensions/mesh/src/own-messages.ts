// The newest messages of ours, by the ids under which others know them: an answer to one of them calls the agent, and the
// agent may cite it. They lie on disk, since others answer after a restart too.
import type { SealedRecord } from "channel-durability";
import * as z from "zod";

/** An answer to something older is heard when it calls the agent by name. */
const MAX_KEPT = 300;

/** Conversation and message id, oldest first. */
const BookSchema = z.array(z.tuple([z.string(), z.string()]));
type Book = z.infer<typeof BookSchema>;

/** How the book lies in the account's database. */
export const OWN_MESSAGES_RECORD = {
  name: "own-messages",
  empty: [] as Book,
  parse: (value: unknown): Book => BookSchema.parse(value),
};

export interface OwnMessages {
  note(to: string, messageId: string): void;
  has(to: string, messageId: string): boolean;
}

export function createOwnMessages(record: SealedRecord<Book>): OwnMessages {
  let book = record.read();
  return {
    note: (to, messageId) => {
      if (book.some(([where, id]) => id === messageId && where === to)) return;
      const next: Book = [...book, [to, messageId]];
      book = next.slice(-MAX_KEPT);
      record.write(book);
    },
    has: (to, messageId) => book.some(([where, id]) => id === messageId && where === to),
  };
}
