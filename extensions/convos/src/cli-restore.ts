// `openclaw convos restore`: an identity comes back from a backup file or from its words. Which of its keys were in use, the
// network says; their conversations come back once another member writes.
import type { RestoreOptions } from "channel-kit/cli";
import { restoreIdentity, type CliAnswer, type CliContext } from "channel-kit/terminal";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { openConnection } from "./client.ts";
import { readCode } from "./errors.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

type Scan =
  | { readonly kind: "not-asked" }
  | { readonly kind: "asked"; readonly found: number; readonly restored: number }
  | { readonly kind: "failed"; readonly code: string };

/** @throws ConvosChannelError `already_running`, `command_refused`, `cancelled`, `backup_unreadable`. */
export async function restore(
  context: CliContext<ResolvedConvosAccount>,
  file: string | undefined,
  { passphraseFile, scan: isWanted = true }: RestoreOptions,
): Promise<CliAnswer> {
  const { account } = context;
  return await restoreIdentity(
    context,
    convosChannel,
    { file, passphraseFile },
    async ({ folder, identity, setAside }) => {
      const scan = isWanted ? await scanKeys(account, identity, folder.path) : notAsked;
      return answer(account.accountId, identity.userId, setAside, scan);
    },
  );
}

const notAsked: Scan = { kind: "not-asked" };

async function scanKeys(
  account: ResolvedConvosAccount,
  identity: Parameters<typeof openConnection>[0]["identity"],
  folder: string,
): Promise<Scan> {
  await using connection = await openConnection({ identity, account, folder, log: SILENT });
  try {
    const { found, restored } = await connection.controls.scan(new AbortController().signal);
    return { kind: "asked", found, restored };
  } catch (error) {
    // The identity is back all the same; the same command asks again.
    const code = readCode(error);
    if (code === undefined) throw error;
    return { kind: "failed", code };
  }
}

function answer(
  accountId: string,
  userId: string,
  setAside: string | undefined,
  scan: Scan,
): CliAnswer {
  return {
    json: { accountId, userId, ...(setAside === undefined ? {} : { setAside }), scan },
    lines: [
      `Account ${accountId} is ${userId} again.`,
      ...(setAside === undefined ? [] : [`The earlier identity is kept in ${setAside}`]),
      describeScan(scan),
      "Start: openclaw gateway start",
    ],
    exitCode: scan.kind === "failed" ? 1 : 0,
  };
}

function describeScan(scan: Scan): string {
  const later = "Later: openclaw convos restore FILE";
  if (scan.kind === "not-asked") return `The network was not asked for conversations. ${later}`;
  if (scan.kind === "failed") {
    return `The network could not be asked for conversations (${scan.code}). ${later}`;
  }
  return (
    `${scan.found} keys were in use, ${scan.restored} of them are new here. Each uses one of the ten installations that ` +
    "XMTP allows; its conversation comes back once another member writes, some of them after a question: openclaw convos conversations"
  );
}
