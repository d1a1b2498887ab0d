// Setting up without questions, and the picture that people scan.
import { isBackupConfirmed } from "channel-kit";
import * as kit from "channel-kit/terminal";
import { gossipChannel } from "./account-channel.ts";
import { inviteLink } from "./client-invite.ts";

export interface Provisioned {
  readonly userId: string;
  readonly identity: kit.ProvisionedIdentity["identity"];
  readonly folder: string;
  /** Picture of the QR code, mode 0600. */
  readonly contactPng: string;
  readonly backupConfirmed: boolean;
}

/** Makes the identity of an account exist, see {@link kit.provisionIdentity}. */
export async function provisionIdentity(
  options: Omit<kit.ProvisionOptions, "channel">,
): Promise<Provisioned | undefined> {
  const done = await kit.provisionIdentity({ ...options, channel: gossipChannel });
  if (done === undefined) return undefined;
  const { path, record } = done.folder;
  const { userId } = record;
  const link = inviteLink(userId);
  const { pngPath } = await kit.makeContactCard({ userId, link, folder: path, showsQr: false });
  return {
    userId,
    identity: done.identity,
    folder: path,
    contactPng: pngPath,
    backupConfirmed: isBackupConfirmed(record),
  };
}

/** Reads a phrase from a file or standard input, see {@link kit.readPhraseFile}. */
export const readPhraseFile = (file: string) => kit.readPhraseFile(gossipChannel, file);
