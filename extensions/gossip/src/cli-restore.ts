// `openclaw gossip restore`: an identity comes back from a backup file or from its words. Conversations come back by a scan
// of the bulletin, which is large: its size is shown first.
import type { RestoreOptions } from "channel-kit/cli";
import { restoreIdentity, type CliAnswer } from "channel-kit/terminal";
import { gossipChannel, type GossipContext } from "./account-channel.ts";
import { withRestoreLine } from "./client-restore.ts";
import { GossipChannelError, readCode } from "./errors.ts";
import { listWanted } from "./known-contacts.ts";

const MEGABYTE = 1_000_000;

interface ScanResult {
  readonly announcements: number;
  readonly bytes: number;
  readonly scanned: boolean;
  readonly found?: number;
  readonly reconnected?: number;
  /** Why the bulletin could not be read; the identity is restored all the same. */
  readonly failed?: string;
}

/**
 * @param options.scan - True reads the bulletin without asking; false never does.
 * @throws GossipChannelError `already_running`, `command_refused`, `cancelled`, `backup_unreadable`.
 */
export async function restore(
  context: GossipContext,
  file: string | undefined,
  options: RestoreOptions,
): Promise<CliAnswer> {
  const { protocolUrl, username } = context.account;
  const source = { file, passphraseFile: options.passphraseFile };
  return await restoreIdentity(
    context,
    gossipChannel,
    source,
    async ({ folder, identity, setAside }) => {
      const place = { identity, protocolUrl, folder: folder.path, displayName: username };
      const scan = await scanBulletin(context, options, (use) => withRestoreLine(place, use));
      return answer(context, identity.userId, setAside, scan);
    },
  );
}

type LendLine = (use: Parameters<typeof withRestoreLine<ScanResult>>[1]) => Promise<ScanResult>;

async function scanBulletin(
  context: GossipContext,
  { scan }: RestoreOptions,
  lend: LendLine,
): Promise<ScanResult | undefined> {
  if (scan === false) return undefined;
  const wanted = await listWanted(context);
  return await lend(async (line) => {
    const size = await line.estimate();
    if (scan !== true) {
      await context.confirm(
        `To find your people again, the bulletin of the relay is read once: ${size.announcements} announcements, ` +
          `about ${(size.bytes / MEGABYTE).toFixed(1)} MB. The identity is restored either way.`,
        "SCAN",
      );
    }
    const report = await line.scan((id) => wanted === "everybody" || wanted.has(id));
    return { ...size, scanned: true, found: report.found, reconnected: report.reconnected };
  }).catch((error: unknown) => {
    // The identity is back; people can still be found later, or write themselves.
    if (error instanceof GossipChannelError && error.code === "cancelled") return undefined;
    const failed = readCode(error);
    if (failed?.startsWith("relay_") !== true) throw error;
    return { announcements: 0, bytes: 0, scanned: false, failed };
  });
}

function answer(
  { account }: GossipContext,
  userId: string,
  setAside: string | undefined,
  scan: ScanResult | undefined,
): CliAnswer {
  return {
    json: {
      accountId: account.accountId,
      userId,
      ...(setAside === undefined ? {} : { setAside }),
      scan: scan ?? { scanned: false },
    },
    lines: [
      `Account ${account.accountId} is ${userId} again.`,
      ...(setAside === undefined ? [] : [`The earlier identity is kept in ${setAside}`]),
      describeScan(scan),
      "Do not use one phrase in the app and here at the same time. Start: openclaw gateway start",
    ],
    exitCode: scan?.failed === undefined ? 0 : 1,
  };
}

function describeScan(scan: ScanResult | undefined): string {
  const later = "Later: openclaw gossip restore FILE --scan";
  if (scan === undefined) return `The bulletin was not read. ${later}`;
  if (scan.failed !== undefined) return `The bulletin could not be read (${scan.failed}). ${later}`;
  return `${scan.found} people had written to it, ${scan.reconnected} of them are let in and were found again.`;
}
