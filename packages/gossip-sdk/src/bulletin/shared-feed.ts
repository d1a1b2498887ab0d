import { defaultCrypto } from "../crypto/select.ts";
import type { RelayClient } from "../transport/relay-client.ts";
import { BulletinFeed } from "./bulletin-feed.ts";
import { createWorkerScanner } from "./worker-scanner.ts";

/** A feed of its own, with a scan worker of its own. */
export function createBulletinFeed(): BulletinFeed {
  return new BulletinFeed({ openScanner: () => createWorkerScanner({ crypto: defaultCrypto() }) });
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
