import type { Conversation, ListMessagesOptions, Message } from "@xmtp/node-bindings";
import { systemClock } from "../clock.ts";
import type { EncodedContentParts } from "../content/content-parts.ts";
import type { XmtpCall } from "./call-xmtp.ts";
import { countOwn } from "./count-own.ts";
import {
  CONSENT,
  DELIVERY,
  DIRECTION,
  KIND_APPLICATION,
  LEVEL,
  POLICY,
  SORT_BY_SENT,
  UPDATE_ADD_MEMBER,
} from "./enums.ts";
import { asXmtpErrorNow } from "./failures.ts";
import { readOwnTraffic } from "./own-traffic.ts";
import type {
  Consent,
  MessageQuery,
  Role,
  XmtpConversation,
  XmtpDirect,
  XmtpGroup,
  XmtpMessage,
} from "./port.ts";

const NS_PER_MS = 1_000_000n;
/** A moment, a minute, an hour, a day: how far back the newest messages are looked for at first. */
const REACHES_MS = [2_000n, 60_000n, 3_600_000n, 86_400_000n];
const CONSENT_NAMES: Readonly<Record<number, Consent>> = {
  [CONSENT.unknown]: "unknown",
  [CONSENT.allowed]: "allowed",
  [CONSENT.denied]: "denied",
};
const ROLE_NAMES: Readonly<Record<number, Role>> = {
  [LEVEL.member]: "member",
  [LEVEL.admin]: "admin",
  [LEVEL.superAdmin]: "super_admin",
};

/** Who we are, the node that we reach, and how: no longer than until the inbox is closed. */
export interface OwnEnd {
  readonly inboxId: string;
  readonly nodeUrl: string;
  readonly call: XmtpCall;
}

export function createDirect(
  conversation: Conversation,
  own: OwnEnd,
  newestMessageId?: string,
): XmtpDirect {
  return {
    ...createConversation(conversation, own),
    peerInboxId: conversation.dmPeerInboxId(),
    newestMessageId,
  };
}

export function createGroup(group: Conversation, own: OwnEnd): XmtpGroup {
  const { call } = own;
  return {
    ...createConversation(group, own),
    createdAtMs: Number(group.createdAtNs() / NS_PER_MS),
    isActive: () => asXmtpErrorNow("membership", () => group.isActive()),
    isOutOfSync: () => call("compare", async () => (await group.debugInfo()).maybeForked),
    creator: () => call("read creator", async () => (await group.groupMetadata()).creatorInboxId()),
    addedBy: () => asXmtpErrorNow("membership", () => group.addedByInboxId()),
    name: () => asXmtpErrorNow("read name", () => group.groupName()),
    description: () => asXmtpErrorNow("read description", () => group.groupDescription()),
    appData: () => asXmtpErrorNow("read metadata", () => group.appData()),
    updateName: (name) => call("rename", () => group.updateGroupName(name)),
    updateDescription: (text) => call("describe", () => group.updateGroupDescription(text)),
    updateAppData: (value) => call("write metadata", () => group.updateAppData({ value })),
    addMember: (inboxId) => call("add member", () => group.addMembers([inboxId])),
    removeMembers: (inboxIds) => call("remove members", () => group.removeMembers([...inboxIds])),
    setAddingAllowed: (allowed) =>
      call("change permission", () =>
        group.updatePermissionPolicy(UPDATE_ADD_MEMBER, allowed ? POLICY.allow : POLICY.deny),
      ),
    members: () =>
      call("list members", async () =>
        (await group.listMembers()).map(({ inboxId, installationIds, permissionLevel }) => ({
          inboxId,
          installationIds,
          role: ROLE_NAMES[permissionLevel] ?? "member",
        })),
      ),
    leave: () => call("leave", () => group.leaveGroup()),
  };
}

function createConversation(
  conversation: Conversation,
  { inboxId: ownInboxId, nodeUrl, call }: OwnEnd,
): XmtpConversation {
  return {
    id: conversation.id(),
    sync: () => call("sync conversation", () => conversation.sync()),
    consent: () =>
      asXmtpErrorNow("read consent", () => CONSENT_NAMES[conversation.consentState()] ?? "unknown"),
    setConsent: (consent) =>
      asXmtpErrorNow("set consent", () => conversation.updateConsentState(CONSENT[consent])),
    messages: (query) =>
      call("read messages", async () => {
        const isNewest = query.first === "newest";
        const options: ListMessagesOptions = {
          ...toListOptions(query, ownInboxId),
          limit: query.limit,
          ...(query.beforeNs !== undefined && { sentBeforeNs: query.beforeNs }),
          direction: isNewest ? DIRECTION.descending : DIRECTION.ascending,
          // Not by the time of insertion: libxmtp 1.11 writes it as seconds since 1970 plus seconds of the minute, which
          // jumps back at every full minute.
          sortBy: SORT_BY_SENT,
        };
        const rows =
          isNewest && query.afterNs === undefined
            ? await listNewest(conversation, options, query)
            : await conversation.listMessages(options);
        return rows.map(toMessage);
      }),
    countMessages: async (query) =>
      call("count messages", () => conversation.countMessages(toListOptions(query, ownInboxId))),
    countOwn: () => call("count messages", () => countOwn(conversation, ownInboxId)),
    countUnacknowledged: () =>
      call("count messages", async () => {
        // Counted as they are, and not as a difference: messages of others come in meanwhile.
        let count = 0;
        for (const deliveryStatus of [DELIVERY.unpublished, DELIVERY.failed]) {
          count += await conversation.countMessages({ kind: KIND_APPLICATION, deliveryStatus });
        }
        return count;
      }),
    ownTraffic: (after, signal) =>
      call("ask the node", () => readOwnTraffic(conversation, nodeUrl, after, signal)),
    prepare: (content, key) =>
      asXmtpErrorNow("prepare message", () =>
        conversation.prepareMessage(toNativeContent(content), content.shouldPush, key),
      ),
    publish: (messageId) =>
      call("publish message", () => conversation.publishStoredMessage(messageId)),
  };
}

/** Further back each time: XMTP's library reads the whole of a direct conversation before it picks the newest of it. */
async function listNewest(
  conversation: Conversation,
  options: ListMessagesOptions,
  { beforeNs, limit }: MessageQuery,
): Promise<Message[]> {
  const untilNs = beforeNs ?? BigInt(systemClock.now()) * NS_PER_MS;
  for (const reachMs of REACHES_MS) {
    const sentAfterNs = untilNs - reachMs * NS_PER_MS;
    const rows = await conversation.listMessages({ ...options, sentAfterNs });
    if (rows.length >= limit) return rows;
  }
  return await conversation.listMessages(options);
}

function toListOptions(
  { afterNs, withoutOwn }: Pick<MessageQuery, "afterNs" | "withoutOwn">,
  ownInboxId: string,
): ListMessagesOptions {
  return {
    // What of ours nobody has taken yet is not part of the conversation.
    deliveryStatus: DELIVERY.published,
    ...(afterNs !== undefined && { sentAfterNs: afterNs }),
    ...(withoutOwn === true && { excludeSenderInboxIds: [ownInboxId] }),
  };
}

/** A native message as our port has it. */
export function toMessage({ id, senderInboxId, sentAtNs, content }: Message): XmtpMessage {
  return {
    id,
    senderInboxId,
    sentAtNs,
    type: content.type,
    parameters: content.parameters,
    content: content.content,
    fallback: content.fallback,
  };
}

function toNativeContent(content: EncodedContentParts): Message["content"] {
  return {
    type: { ...content.type },
    parameters: { ...content.parameters },
    content: content.content,
    ...(content.fallback !== undefined && { fallback: content.fallback }),
  };
}
