import type { Clock } from "../clock.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Identity } from "../identity/identity.ts";
import type { GossipStore } from "../store/gossip-store.ts";
import type { RelayClient } from "../transport/relay-client.ts";
import type { ConversationBook } from "./conversation-book.ts";
import type { ForkCounter } from "./fork-counter.ts";
import type { PollingOptions } from "./polling-options.ts";
import type { RelayHealth } from "./relay-health.ts";
import type { GossipLog } from "./types.ts";

/** What the parts of one client share. */
export interface ClientContext {
  readonly identity: Identity;
  readonly relay: RelayClient;
  readonly crypto: CryptoProvider;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: GossipLog;
  readonly polling: PollingOptions;
  readonly store: GossipStore;
  readonly book: ConversationBook;
  readonly health: RelayHealth;
  readonly forks: ForkCounter;
}
