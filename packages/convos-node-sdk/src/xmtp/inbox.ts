import type { Client, StreamCloser } from "@xmtp/node-bindings";
import { closeClient } from "./close-client.ts";
import { ConversationList, tryFind } from "./conversation-list.ts";
import { createDirect, createGroup, toMessage } from "./conversation.ts";
import { CONSENT, GROUP_POLICY } from "./enums.ts";
import { asXmtpError, asXmtpErrorNow } from "./failures.ts";
import type { InboxListener, InboxWatch, XmtpGroup, XmtpInbox } from "./port.ts";

const NOT_DENIED = [CONSENT.unknown, CONSENT.allowed];

/** An opened native client as our port has it. */
export function createInbox(
  client: Client,
  { nodeUrl, databasePath }: { readonly nodeUrl: string; readonly databasePath: string },
): XmtpInbox {
  const inboxId = client.inboxId();
  const own = { inboxId, nodeUrl };
  const conversations = client.conversations();
  const list = new ConversationList(conversations);
  const wrapGroup = (found: Parameters<typeof createGroup>[0]): XmtpGroup =>
    createGroup(found, own);
  return {
    inboxId,
    installationId: client.installationId(),
    sync: () =>
      asXmtpError("sync", async () => {
        await conversations.syncAll(NOT_DENIED);
      }),
    watch: (listener) => watch(conversations, listener),
    createGroup: ({ name, description, appData, adminOnly }) =>
      asXmtpError("create group", async () =>
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
      asXmtpError("list direct conversations", async () =>
        (await list.directs(among)).map(({ conversation, newestMessageId }) =>
          createDirect(conversation, own, newestMessageId),
        ),
      ),
    openDirect: (peerInboxId) =>
      asXmtpError("open direct conversation", async () =>
        createDirect(await conversations.createDm(peerInboxId), own),
      ),
    countInstallations: () =>
      asXmtpError("count installations", async () => {
        const { installations } = await client.inboxState(true);
        return installations.length;
      }),
    close: () => closeClient(client, databasePath),
  };
}

function watch(
  conversations: ReturnType<Client["conversations"]>,
  listener: InboxListener,
): Promise<InboxWatch> {
  return asXmtpError("watch inbox", async () => {
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
        if (!stream.isClosed()) await stream.endAndWait().catch(() => undefined);
      },
    };
  });
}
