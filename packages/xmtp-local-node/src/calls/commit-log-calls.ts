import { invalidArgument } from "../grpc/status.ts";
import { MAX_COMMIT_LOG_ENTRIES_PER_PUBLISH, MAX_COMMIT_LOG_QUERIES } from "../limits.ts";
import { FieldWriter, type Fields } from "../wire/fields.ts";
import type { CommitLogEntry } from "../store/commit-log.ts";
import type { CallContext } from "./call-context.ts";
import { encodePage, readAscendingPage } from "./paging.ts";

/** BatchPublishCommitLog. @throws {@link GrpcStatus} `INVALID_ARGUMENT`; nothing is stored then. */
export function batchPublishCommitLog({ store }: CallContext, request: Fields): Uint8Array {
  const entries = request.messages(1);
  if (entries.length === 0) throw invalidArgument("BatchPublishCommitLog: no entries");
  if (entries.length > MAX_COMMIT_LOG_ENTRIES_PER_PUBLISH) {
    throw invalidArgument(`BatchPublishCommitLog: ${entries.length} entries, at most 10 allowed`);
  }
  for (const entry of entries) {
    if (entry.bytes(1).length === 0) throw invalidArgument("BatchPublishCommitLog: no group id");
    if (entry.bytes(2).length === 0) throw invalidArgument("BatchPublishCommitLog: no entry");
    if (!entry.has(3)) throw invalidArgument("BatchPublishCommitLog: no signature");
  }
  store.transaction(() => {
    for (const entry of entries) {
      store.commitLog.append(entry.bytes(1), entry.bytes(2), entry.bytes(3));
    }
  });
  return new Uint8Array(0);
}

/** BatchQueryCommitLog: oldest first, one answer per request in the order asked. */
export function batchQueryCommitLog({ store }: CallContext, request: Fields): Uint8Array {
  const queries = request.messages(1);
  if (queries.length > MAX_COMMIT_LOG_QUERIES) {
    throw invalidArgument(`BatchQueryCommitLog: ${queries.length} requests, at most 20 allowed`);
  }
  const answers = queries.map((query) => {
    const groupId = query.bytes(1);
    const page = readAscendingPage(query.message(2));
    const entries = store.commitLog.list(groupId, page);
    return new FieldWriter()
      .bytes(1, groupId)
      .repeated(2, entries.map(encodeEntry))
      .present(3, encodePage(page, entries))
      .finish();
  });
  return new FieldWriter().repeated(1, answers).finish();
}

function encodeEntry({ id, entry, signature }: CommitLogEntry): Uint8Array {
  return new FieldWriter().uint64(1, id).bytes(2, entry).present(3, signature).finish();
}
