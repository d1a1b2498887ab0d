// What runs beside queue and outbox while an account is at work: each follows one thing, and ends with the account.
import type { AccountRooms, Task } from "channel-kit";
import { patchAccount } from "./account-patch.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import type { ConnectionOptions, ConvosConnection } from "./client.ts";
import type { ConversationDesk } from "./desk.ts";
import { followConversations } from "./follow-conversations.ts";
import { followName } from "./follow-name.ts";
import { forgetEndedConversations } from "./forget-conversations.ts";
import type { ConvosHost } from "./gateway.ts";
import type { GrowthBook } from "./growth.ts";
import { joinStoredInvites, type JoinStoredOptions } from "./join-stored.ts";
import { deleteFiles } from "./media-store.ts";
import { announceMentionRule } from "./mention-notice.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import type { OwnerPresence } from "./owner-presence.ts";
import type { ChatStrings } from "./strings.ts";

export interface CompanionParts {
  readonly account: ResolvedConvosAccount;
  readonly connection: ConvosConnection;
  readonly desk: Pick<ConversationDesk, "run">;
  readonly growth: GrowthBook;
  readonly host: Pick<ConvosHost, "stateDir" | "writeConfig">;
  readonly log: ConnectionOptions["log"];
  readonly onError: (error: unknown, what: string) => void;
  readonly ownerConversation: () => string | undefined;
  readonly presence: Pick<OwnerPresence, "run">;
  readonly place: JoinStoredOptions["place"];
  readonly readAccount: () => ResolvedConvosAccount;
  readonly readStrings: () => ChatStrings;
  readonly rooms: AccountRooms<ConvosMessageBody>;
}

/** The account's own loops, for `companions` of the shared rooms. */
export function listCompanions(parts: CompanionParts): Task[] {
  const { account, connection, desk, growth, host, log, onError, place, readAccount, rooms } =
    parts;
  const { ownerConversation, readStrings } = parts;
  return [
    (ending) => desk.run(ending),
    (ending) => parts.presence.run(ending),
    (ending) =>
      announceMentionRule({
        connection,
        growth,
        outbox: rooms.outbox,
        ownerConversation,
        readAccount,
        readStrings,
        onError: (error) => onError(error, "the rule of mentions could not be told"),
        signal: ending,
      }),
    (ending) =>
      followName(connection, account.name, {
        signal: ending,
        onError: (error) => onError(error, "the agent's name could not be told"),
      }),
    (ending) =>
      forgetEndedConversations({
        connection,
        erasure: rooms.erasure,
        eraseSenders: rooms.eraseSenders,
        deleteFiles: (conversationId) =>
          deleteFiles(host.stateDir, account.accountId, conversationId),
        onError: (error) => onError(error, "a conversation that ended could not be deleted"),
        signal: ending,
      }),
    (ending) =>
      joinStoredInvites({
        place,
        connection,
        log,
        signal: ending,
        onError: (error) => onError(error, "a stored invite could not be used"),
      }),
    (ending) =>
      followConversations({
        accountId: account.accountId,
        connection,
        log,
        signal: ending,
        readOwner: () => readAccount().ownerConversationId,
        writeOwner: (ownerConversationId) =>
          host.writeConfig((cfg) => patchAccount(cfg, account.accountId, { ownerConversationId })),
      }),
  ];
}
