// Findings that the account's own files show, and only Convos has. Looking changes nothing.
import { stat } from "node:fs/promises";
import path from "node:path";
import { findIdentity } from "channel-kit";
import type { Finding } from "channel-kit/terminal";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { listOpenInvites } from "./invite-book.ts";

/** The protocol client's own books. */
const DATABASE_FILE = "convos.sqlite";

export async function inspectOwnFiles(
  stateDir: string,
  account: ResolvedConvosAccount,
): Promise<Finding[]> {
  const folder = await findFolder(stateDir, account);
  if (folder === undefined) return [];
  return [
    ...(await inspectDatabase(folder, account)),
    ...(await inspectInvites(folder, account.accountId)),
  ];
}

/** The keys are there, and what they were used for is not: a start would look as if everything was forgotten. */
async function inspectDatabase(
  folder: string,
  { accountId, ownerConversationId }: ResolvedConvosAccount,
): Promise<Finding[]> {
  if (ownerConversationId === undefined) return [];
  const isThere = await stat(path.join(folder, DATABASE_FILE)).then(
    () => true,
    () => false,
  );
  if (isThere) return [];
  return [
    {
      id: "convos.db-missing",
      accountId,
      message: `the keys are in ${folder}, but its ${DATABASE_FILE} is gone, and with it which conversations there are.`,
      fix:
        "put the folder back, if the agent has sent nothing since it was copied. Otherwise: openclaw gateway stop, then openclaw convos restore FILE, " +
        "which looks the keys up and uses one of ten installations of each conversation",
    },
  ];
}

async function inspectInvites(folder: string, accountId: string): Promise<Finding[]> {
  try {
    const open = (await listOpenInvites(folder)).filter(
      ({ expiresAtMs }) => expiresAtMs === undefined,
    );
    return [...new Set(open.map(({ conversationId }) => conversationId))].map((id) => ({
      id: "convos.invite-open-forever",
      accountId,
      message: `an invite to ${id} never ends: whoever finds it, or a picture of it, comes in.`,
      fix: `openclaw convos invite revoke ${id}`,
    }));
  } catch (error) {
    if (!(error instanceof ConvosChannelError)) throw error;
    return [
      {
        id: "convos.invites-unreadable",
        accountId,
        message: error.message,
        fix: "the command in this line",
      },
    ];
  }
}

/** What cannot be read keeps the account from starting, which says why in its own words. */
async function findFolder(
  stateDir: string,
  account: ResolvedConvosAccount,
): Promise<string | undefined> {
  try {
    return (await findIdentity({ stateDir, channelId: CHANNEL_ID }, account))?.path;
  } catch (error) {
    if (error instanceof ConvosChannelError) return undefined;
    throw error;
  }
}
