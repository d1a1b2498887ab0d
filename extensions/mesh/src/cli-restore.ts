// `openclaw mesh restore`: an identity comes back from a backup file or from its words.
import { restoreIdentity, type CliAnswer } from "channel-kit/terminal";
import { meshChannel, type MeshContext } from "./account-channel.ts";

/** @throws MeshChannelError `already_running`, `command_refused`, `cancelled`, `backup_unreadable`. */
export async function restore(
  context: MeshContext,
  file: string | undefined,
  { passphraseFile }: { readonly passphraseFile?: string },
): Promise<CliAnswer> {
  const { accountId } = context.account;
  const source = { file, passphraseFile };
  return await restoreIdentity(context, meshChannel, source, async ({ identity, setAside }) => ({
    json: { accountId, userId: identity.userId, ...(setAside === undefined ? {} : { setAside }) },
    lines: [
      `Account ${accountId} is ${identity.userId} again.`,
      ...(setAside === undefined ? [] : [`The earlier identity is kept in ${setAside}`]),
      "What was said in its channels comes back from its neighbors. Start: openclaw gateway start",
    ],
  }));
}
