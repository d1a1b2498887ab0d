import { GrpcStatus, invalidArgument } from "../grpc/status.ts";
import { MAX_INBOX_UPDATES } from "../limits.ts";
import {
  identifierChanges,
  readIdentifierKind,
  readIdentityUpdate,
} from "../identity/identity-update.ts";
import type { InboxUpdate } from "../store/inbox-log.ts";
import { replayUpdates } from "../identity/inbox-state.ts";
import { FieldWriter, type Fields } from "../wire/fields.ts";
import type { CallContext } from "./call-context.ts";

const NOTHING = new Uint8Array(0);

/**
 * PublishIdentityUpdate: checks the update as every client will, and appends it to the log of its inbox.
 *
 * @throws {@link GrpcStatus} `INVALID_ARGUMENT` | `RESOURCE_EXHAUSTED` when the log is full.
 */
export function publishIdentityUpdate({ store }: CallContext, request: Fields): Uint8Array {
  if (!request.has(1)) throw invalidArgument("PublishIdentityUpdate: no identity update");
  const bytes = request.bytes(1);
  const update = readIdentityUpdate(bytes);
  const { inboxId } = update;
  store.transaction(() => {
    const log = store.inboxes.list(inboxId, 0n);
    if (log.length >= MAX_INBOX_UPDATES) {
      throw new GrpcStatus("RESOURCE_EXHAUSTED", `inbox log: already ${log.length} updates`);
    }
    const earlier = log.map(({ identityUpdate }) => readIdentityUpdate(identityUpdate));
    replayUpdates([...earlier, update]);
    store.inboxes.append(inboxId, bytes, identifierChanges(update));
  });
  return NOTHING;
}

/** GetIdentityUpdates: one answer per inbox asked, in that order, with what is behind the cursor. */
export function getIdentityUpdates({ store }: CallContext, request: Fields): Uint8Array {
  const answers = request.messages(1).map((query) => {
    const inboxId = query.text(1);
    const updates = store.inboxes.list(inboxId, query.uint64(2));
    return new FieldWriter().text(1, inboxId).repeated(2, updates.map(encodeUpdate)).finish();
  });
  return new FieldWriter().repeated(1, answers).finish();
}

function encodeUpdate({ sequenceId, createdNs, identityUpdate }: InboxUpdate): Uint8Array {
  return new FieldWriter()
    .uint64(1, sequenceId)
    .uint64(2, createdNs)
    .present(3, identityUpdate)
    .finish();
}

/** GetInboxIds: one answer per name asked, in that order; without an inbox id when nobody has the name. */
export function getInboxIds({ store }: CallContext, request: Fields): Uint8Array {
  const answers = request.messages(1).map((query) => {
    const asked = { identifier: query.text(1), kind: readIdentifierKind(query, 2) };
    const inboxId = store.inboxes.findInbox(asked);
    const answer = new FieldWriter().text(1, asked.identifier);
    if (inboxId !== undefined) answer.present(2, Buffer.from(inboxId));
    return answer.uint32(3, asked.kind).finish();
  });
  return new FieldWriter().repeated(1, answers).finish();
}

/**
 * VerifySmartContractWalletSignatures: asking a contract takes its blockchain, and this node is connected to none.
 * Every signature is refused, with the reason.
 */
export function verifySmartContractWalletSignatures(
  _context: CallContext,
  request: Fields,
): Uint8Array {
  const refusal = new FieldWriter()
    .text(3, "this local node has no blockchain to ask a smart contract wallet on")
    .finish();
  return new FieldWriter()
    .repeated(
      1,
      request.repeated(1).map(() => refusal),
    )
    .finish();
}
