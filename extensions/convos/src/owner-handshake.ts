import type { OwnerRooms } from "channel-kit/terminal";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { ConvosChannelError } from "./errors.ts";
import { askGateway, type OperatorContext } from "./operate.ts";
import { OPERATIONS } from "./operations.ts";
import { describeIfOver } from "./owner-conversation.ts";
import { grantOwner } from "./owner-grant.ts";
import { withOwnerConnection } from "./owner-connection.ts";

/** How the person at the terminal proves with a code which member of the owner conversation he is. */
export const ownerRooms: OwnerRooms<ResolvedConvosAccount> = {
  channel: convosChannel,
  withConnection: withOwnerConnection,
  grant: grantOwner,
};

/**
 * Asks the gateway that runs the account whether there is a conversation in which a code can come in. Without a gateway, the
 * connection that waits for the code knows it.
 *
 * @throws ConvosChannelError `command_refused` when the owner conversation is over, with the way back.
 */
export async function assertOwnerConversation(
  context: Pick<OperatorContext, "account" | "ask">,
): Promise<void> {
  const listed = await askGateway(context, OPERATIONS.conversations, {});
  const over = listed === undefined ? undefined : describeIfOver(context.account, listed);
  if (over !== undefined) throw new ConvosChannelError("command_refused", over);
}
