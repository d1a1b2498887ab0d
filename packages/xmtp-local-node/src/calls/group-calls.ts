import { invalidArgument } from "../grpc/status.ts";
import type { NewMessage } from "../store/message-log.ts";
import type { TopicFilter } from "../streams/subscription.ts";
import { FieldWriter, Fields } from "../wire/fields.ts";
import { readGroupMessageHeader } from "../wire/mls.ts";
import { encodePage, readPage } from "./paging.ts";
import type { CallContext } from "./call-context.ts";

const NO_CONTENT = new Uint8Array(0);

/** SendGroupMessages: all of the messages, or, when one of them is refused, none. */
export function sendGroupMessages({ post }: CallContext, request: Fields): Uint8Array {
  const messages = request.messages(1).map(readGroupMessage);
  if (messages.length === 0) throw invalidArgument("SendGroupMessages: no messages");
  post("group", messages);
  return NO_CONTENT;
}

// GroupMessageInput.V1: data 1, sender_hmac 2, should_push 3.
// GroupMessage.V1: id 1, created_ns 2, group_id 3, data 4, sender_hmac 5, should_push 6, is_commit 7.
function readGroupMessage(input: Fields): NewMessage {
  if (!input.has(1)) throw invalidArgument("group message: unknown version");
  const v1 = input.message(1);
  const data = v1.bytes(1);
  if (data.length === 0) throw invalidArgument("group message: no data");
  const { groupId, isCommit } = readGroupMessageHeader(data);
  return {
    topic: groupId,
    content: data,
    encode: (id, createdNs) => {
      const encoded = new FieldWriter()
        .uint64(1, id)
        .uint64(2, createdNs)
        .bytes(3, groupId)
        .bytes(4, data)
        .bytes(5, v1.bytes(2))
        .bool(6, v1.bool(3))
        .bool(7, isCommit)
        .finish();
      return new FieldWriter().present(1, encoded).finish();
    },
  };
}

export function queryGroupMessages({ store }: CallContext, request: Fields): Uint8Array {
  const groupId = request.bytes(1);
  if (groupId.length === 0) throw invalidArgument("QueryGroupMessages: no group id");
  const page = readPage(request.message(2));
  const messages = store.groupMessages.list(groupId, page);
  return new FieldWriter()
    .repeated(
      1,
      messages.map(({ message }) => message),
    )
    .present(2, encodePage(page, messages))
    .finish();
}

/** GetNewestGroupMessage: one answer per group asked, in that order, empty for a group without messages. */
export function getNewestGroupMessage({ store }: CallContext, request: Fields): Uint8Array {
  const groupIds = request.repeated(1);
  if (groupIds.length === 0) throw invalidArgument("GetNewestGroupMessage: no group ids");
  const isContentWanted = request.bool(2);
  const answers = groupIds.map((groupId) => {
    const newest = store.groupMessages.newest(groupId)?.message;
    if (newest === undefined) return NO_CONTENT;
    const message = isContentWanted ? newest : withoutContent(newest);
    return new FieldWriter().present(1, message).finish();
  });
  return new FieldWriter().repeated(1, answers).finish();
}

function withoutContent(message: Uint8Array): Uint8Array {
  const v1 = new Fields(message).message(1);
  const header = new FieldWriter()
    .uint64(1, v1.uint64(1))
    .uint64(2, v1.uint64(2))
    .bytes(3, v1.bytes(3))
    .bool(7, v1.bool(7))
    .finish();
  return new FieldWriter().present(1, header).finish();
}

/** The filters of SubscribeGroupMessages. None is legal: clients open such a stream before they know a group. */
export function readGroupFilters(request: Fields): TopicFilter[] {
  const filters = request.messages(1).map(readFilter);
  if (filters.some(({ topic }) => topic.length === 0)) {
    throw invalidArgument("SubscribeGroupMessages: no group id");
  }
  return filters;
}

/** The filters of SubscribeWelcomeMessages: at least one. */
export function readWelcomeFilters(request: Fields): TopicFilter[] {
  const filters = request.messages(1).map(readFilter);
  if (filters.length === 0) throw invalidArgument("SubscribeWelcomeMessages: no filters");
  if (filters.some(({ topic }) => topic.length === 0)) {
    throw invalidArgument("SubscribeWelcomeMessages: no installation key");
  }
  return filters;
}

function readFilter(filter: Fields): TopicFilter {
  return { topic: filter.bytes(1), cursor: filter.uint64(2) };
}
