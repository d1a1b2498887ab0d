import { OWNER_KEY_INDEX } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { ClientContext } from "./client-context.ts";
import type { Engine } from "./engine.ts";
import type { RestoreReport } from "./types.ts";

/** After this many keys in a row that nobody registered, there are no more. A join that was cut short leaves one out. */
const GAP_LIMIT = 20;

/**
 * Looks up the keys of the root from the first on, and takes up those that are registered and not known here, or whose
 * database is gone.
 *
 * @throws ConvosError `network_unreachable`; the signal's reason when it aborts.
 */
export async function scanForConversations(
  context: ClientContext,
  engine: Engine,
  { hasOwnerKey, signal }: { hasOwnerKey: boolean; signal: AbortSignal },
): Promise<RestoreReport> {
  const { book, network, keyAt } = context;
  const report = { scanned: 0, found: 0, restored: 0 };
  let missing = 0;
  for (let index = hasOwnerKey ? OWNER_KEY_INDEX : 0; missing < GAP_LIMIT; index += 1) {
    signal.throwIfAborted();
    const key = keyAt(index);
    const isRegistered = await network.isRegistered(key.address);
    report.scanned += 1;
    missing = isRegistered ? 0 : missing + 1;
    if (!isRegistered) continue;
    report.found += 1;
    const known = book.all().find(({ keyIndex }) => keyIndex === index);
    if (known !== undefined) {
      if (reviveLost(context, engine, known)) report.restored += 1;
      continue;
    }
    const row = book.create(index, {
      phase: "restoring",
      inboxId: key.inboxId,
      createdAtMs: context.clock.now(),
      isCreator: false,
      memberCount: 0,
      cursorNs: "0",
      admissionsMs: [],
    });
    engine.add(row);
    report.restored += 1;
  }
  return report;
}

/** A conversation that is noted here, but XMTP's database of it is gone: another installation of its inbox looks for it. */
function reviveLost(
  { book }: ClientContext,
  engine: Engine,
  { id, record }: ConversationRow,
): boolean {
  if (record.phase !== "active") return false;
  const worker = engine.worker(id);
  if (worker.hasDatabase()) return false;
  book.step((step) => step.update(id, { phase: "restoring" }));
  worker.reconcileSoon();
  return true;
}
