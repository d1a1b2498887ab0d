// Setting up without questions.
import { isBackupConfirmed } from "channel-kit";
import * as kit from "channel-kit/terminal";
import { meshChannel } from "./account-channel.ts";

export interface Provisioned {
  /** The peer id. */
  readonly userId: string;
  readonly identity: kit.ProvisionedIdentity["identity"];
  readonly folder: string;
  readonly backupConfirmed: boolean;
}

/** Makes the identity of an account exist, see {@link kit.provisionIdentity}. */
export async function provisionIdentity(
  options: Omit<kit.ProvisionOptions, "channel">,
): Promise<Provisioned | undefined> {
  const done = await kit.provisionIdentity({ ...options, channel: meshChannel });
  if (done === undefined) return undefined;
  const { path, record } = done.folder;
  return {
    userId: record.userId,
    identity: done.identity,
    folder: path,
    backupConfirmed: isBackupConfirmed(record),
  };
}

/** Reads a phrase from a file or standard input, see {@link kit.readPhraseFile}. */
export const readPhraseFile = (file: string) => kit.readPhraseFile(meshChannel, file);
