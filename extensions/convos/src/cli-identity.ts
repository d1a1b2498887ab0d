// `openclaw convos identity delete`.
import { openIdentity } from "channel-kit";
import * as kit from "channel-kit/terminal";
import path from "node:path";
import { convosChannel } from "./account-channel.ts";
import type { ConvosContext } from "./cli-conversations.ts";
import { openConnection } from "./client.ts";
import { readCode } from "./errors.ts";
import { deleteFiles } from "./media-store.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/**
 * Deletes keys and conversations of an account, see {@link kit.deleteIdentity}, and the files that people sent: which those
 * are stands in the account's database alone.
 */
export async function deleteIdentity(context: ConvosContext): Promise<kit.CliAnswer> {
  const { account, stateDir } = context;
  let problem: string | undefined;
  const { json } = await kit.deleteIdentity(context, async ({ path: folder }) => {
    const listed = await listConversations(context, folder);
    problem = listed.problem;
    for (const id of listed.ids) await deleteFiles(stateDir, account.accountId, id);
  });
  return {
    json: { ...json, filesDeleted: problem === undefined },
    lines: [
      "The identity is deleted. In conversations that were not left before, the agent stays as a member that never answers;",
      "their members can remove it. A new identity: openclaw channels add convos",
      ...(problem === undefined
        ? []
        : [
            `The files that people sent could not be told apart (${problem}). Delete them yourself, if no other account of ` +
              `Convos needs its own: ${path.join(stateDir, "media", "inbound", "convos-*")}`,
          ]),
    ],
  };
}

/** Every conversation of the account, under the lock that is held. What does not open is to be deleted all the same. */
async function listConversations(
  { account, now, stateDir }: ConvosContext,
  folder: string,
): Promise<{ readonly ids: readonly string[]; readonly problem?: string }> {
  try {
    const { maker } = await convosChannel.loadIdentities();
    const place = { stateDir, channelId: convosChannel.id, account, maker, now };
    const { identity } = await openIdentity(place);
    await using connection = await openConnection({ identity, account, folder, log: SILENT });
    return { ids: connection.known() };
  } catch (error) {
    return { ids: [], problem: readCode(error) ?? "unknown" };
  }
}
