import type { Client, StreamCloser } from "@xmtp/node-bindings";
import { ConvosError } from "../errors.ts";
import { callXmtp, type CallLimits, type XmtpCall } from "./call-xmtp.ts";
import { closeClient } from "./close-client.ts";
import { ConversationList, tryFind } from "./conversation-list.ts";
import { createDirect, createGroup, toMessage } from "./conversation.ts";
import { CONSENT, GROUP_POLICY } from "./enums.ts";
import { asXmtpErrorNow } from "./failures.ts";
import type { InboxListener, InboxWatch, XmtpGroup, XmtpInbox } from "./port.ts";

const NOT_DENIED = [CONSENT.unknown, CONSENT.allowed];
/** How often as long as any other call: it fetches everything that there is. */
const SYNC_PATIENCE = 5;

export interface InboxOptions {
  readonly nodeUrl: string;
  readonly databasePath: string;
  readonly answerMaxMs: number;
  readonly onStuck: () => void;
}

/** An opened native client as our port has it. */
export function createInbox(
  client: Client,
  { nodeUrl, databasePath, answerMaxMs, onStuck }: InboxOptions,
): XmtpInbox {
  const inboxId = client.inboxId();
  const closing = new AbortController();
  const limits: CallLimits = { signal: closing.signal, answerMaxMs, onLate: onStuck };
  const call: XmtpCall = (operation, work) => callXmtp(operation, work, limits);
  const own = { inboxId, nodeUrl, call };
  const conversations = client.conversations();
  const list = new ConversationList(conversations);
  const wrapGroup = (found: Parameters<typeof createGroup>[0]): XmtpGroup =>
    createGroup(found, own);
  return {
    inboxId,
    installationId: client.installationId(),
    sync: () =>
      callXmtp(
        "sync",
        async () => {
          await conversations.syncAll(NOT_DENIED);
        },
        { ...limits, answerMaxMs: SYNC_PATIENCE * answerMaxMs },
      ),
    watch: (listener) => watch(conversations, listener, call),
    createGroup: ({ name, description, appData, adminOnly }) =>
      call("create group", async () =>
        wrapGroup(
          await conversations.createGroup([], {
            groupName: name,
            groupDescription: description,
            appData,
            permissions: adminOnly ? GROUP_POLICY.adminOnly : GROUP_POLICY.everybody,
          }),
        ),
      ),
    group(id) {
      const found = tryFind(conversations, id);
      return found && wrapGroup(found);
    },
    direct(id) {
      const found = tryFind(conversations, id);
      return found && createDirect(found, own);
    },
    message(id) {
      try {
        return toMessage(conversations.getMessageById(id));
      } catch {
        return undefined;
      }
    },
    groups: () => asXmtpErrorNow("list groups", () => list.groups().map(wrapGroup)),
    directs: (among) =>
      call("list direct conversations", async () =>
        (await list.directs(among)).map(({ conversation, newestMessageId }) =>
          createDirect(conversation, own, newestMessageId),
        ),
      ),
    openDirect: (peerInboxId) =>
      call("open direct conversation", async () =>
        createDirect(await conversations.createDm(peerInboxId), own),
      ),
    countInstallations: () =>
      call("count installations", async () => {
        const { installations } = await client.inboxState(true);
        return installations.length;
      }),
    close: () =>
      closeClient(client, databasePath, () =>
        closing.abort(new ConvosError("closed", "the inbox is closed")),
      ),
  };
}

function watch(
  conversations: ReturnType<Client["conversations"]>,
  listener: InboxListener,
  call: XmtpCall,
): Promise<InboxWatch> {
  return call("watch inbox", async () => {
    let ended = false;
    const stream: StreamCloser = await conversations.streamAllMessages(
      (_error, message) => {
        // The native module calls with an error and no message when one cannot be read.
        if (!ended) listener.onMessage(message?.convoId ?? "", message?.content.type);
      },
      () => {
        if (ended) return;
        ended = true;
        listener.onEnd();
      },
      undefined,
      NOT_DENIED,
    );
    await stream.waitForReady();
    return {
      async end() {
        ended = true;
        if (stream.isClosed()) return;
        const ending = stream.endAndWait().catch(() => undefined);
        await call("end watch", () => ending).catch(() => undefined);
      },
    };
  });
}
