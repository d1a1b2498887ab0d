import { defaultCrypto } from "../crypto/select.ts";
import type { RelayClient } from "../transport/relay-client.ts";
import { BulletinFeed } from "./bulletin-feed.ts";
import { createWorkerScanner } from "./worker-scanner.ts";

/** A feed of its own, with a scan worker of its own. Warns through the process when that cannot start. */
export function createBulletinFeed(): BulletinFeed {
  return new BulletinFeed({
    openScanner: () => createWorkerScanner({ crypto: defaultCrypto(), onFallback: warn }),
  });
}

const feeds = new Map<string, BulletinFeed>();

/**
 * The feed that all clients of this process share for one relay. Relays are told apart by their address; a client
 * without one (the memory relay) gets a feed of its own. A feed that nobody follows holds no thread and no timer.
 */
export function sharedBulletinFeed(relay: RelayClient): BulletinFeed {
  if (!/^https?:/u.test(relay.url)) return createBulletinFeed();
  const shared = feeds.get(relay.url) ?? createBulletinFeed();
  feeds.set(relay.url, shared);
  return shared;
}

function warn(reason: string): void {
  process.emitWarning(`the bulletin is scanned in the main thread, in slices: ${reason}`, {
    type: "GossipWarning",
  });
}
