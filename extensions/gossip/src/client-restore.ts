// Finding people again from the words alone: the whole bulletin is read once for those who ever asked for contact.
import path from "node:path";
import { createHttpRelayClient, GossipClient, type Identity, type RestoreReport } from "gossip-sdk";
import { DATABASE_FILE } from "./client.ts";

/** What the scan would download: an estimate, for the person to decide on. */
interface ScanSize {
  readonly announcements: number;
  readonly bytes: number;
}

export interface RestoreLine {
  estimate(): Promise<ScanSize>;
  /** Announces the bot to those of the found who are wanted; it goes out when the account runs. */
  scan(isWanted: (userId: string) => boolean): Promise<RestoreReport>;
}

/** Lends a client of the restored identity, which is neither published nor polled. Hold the identity's lock. */
export async function withRestoreLine<T>(
  options: {
    readonly identity: Identity;
    readonly protocolUrl: string;
    readonly folder: string;
    readonly displayName: string;
  },
  use: (line: RestoreLine) => Promise<T>,
): Promise<T> {
  await using client = await GossipClient.open({
    identity: options.identity,
    relay: createHttpRelayClient({ url: options.protocolUrl }),
    databasePath: path.join(options.folder, DATABASE_FILE),
    displayName: options.displayName,
    shouldAccept: () => false,
  });
  return await use({
    estimate: () => client.estimateRestore(),
    scan: (isWanted) => client.restoreScan({ shouldReconnect: ({ peer }) => isWanted(peer) }),
  });
}
