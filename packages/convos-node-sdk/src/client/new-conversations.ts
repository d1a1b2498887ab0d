import { ConvosError, keyInUse } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import { Serial } from "../pacing/serial.ts";
import { type ConversationRecord, OWNER_KEY_INDEX } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { ClientContext } from "./client-context.ts";
import type { JoinOptions } from "./types.ts";

/** What whoever makes or joins a conversation says of it. */
export type NewRecord = Omit<
  ConversationRecord,
  "inboxId" | "createdAtMs" | "cursorNs" | "admissionsMs"
>;

/** Writes conversations down, each under a key of its own. */
export class NewConversations {
  readonly #context: ClientContext;
  readonly #assertOpen: () => void;
  /** One at a time, so that no two choose the same key. */
  readonly #writes = new Serial();

  /** @param assertOpen - Throws when the client was closed meanwhile. */
  constructor(context: ClientContext, assertOpen: () => void) {
    this.#context = context;
    this.#assertOpen = assertOpen;
  }

  /**
   * Writes one down under a key that was never used before, or under the owner's.
   *
   * @throws ConvosError `not_allowed` (the owner key serves one already) | `key_in_use` | `network_unreachable` | `closed`.
   */
  write(
    options: Pick<JoinOptions, "useOwnerKey" | "mayAddInstallation">,
    describe: (key: ConvosKey) => NewRecord,
  ): Promise<ConversationRow> {
    const { book, clock, keyAt } = this.#context;
    const usesOwnerKey = options.useOwnerKey === true;
    return this.#writes.run(async () => {
      if (usesOwnerKey && book.all().some((row) => row.keyIndex === OWNER_KEY_INDEX)) {
        throw new ConvosError("not_allowed", "the owner key already serves a conversation");
      }
      const keyIndex = usesOwnerKey ? OWNER_KEY_INDEX : await this.#nextKeyIndex();
      const key = keyAt(keyIndex);
      if (usesOwnerKey && options.mayAddInstallation !== true) await this.#assertNotInUse(key);
      this.#assertOpen();
      return book.create(keyIndex, {
        ...describe(key),
        inboxId: key.inboxId,
        createdAtMs: clock.now(),
        cursorNs: "0",
        admissionsMs: [],
      });
    });
  }

  async #assertNotInUse({ inboxId }: ConvosKey): Promise<void> {
    if ((await this.#context.network.countInstallations(inboxId)) > 0) throw keyInUse();
  }

  /** A folder that was lost, or is older than another copy of it, does not know every key that was used; the network does. */
  async #nextKeyIndex(): Promise<number> {
    const { store, network, keyAt } = this.#context;
    let index = store.conversations.nextKeyIndex();
    while (await network.isRegistered(keyAt(index).address)) index += 1;
    return index;
  }
}
