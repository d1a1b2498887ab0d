import { defaultCrypto } from "../../packages/gossip-sdk/src/crypto/select.ts";
import type { BenchResult } from "../records.ts";
import { benchAnnouncements } from "./announcements.ts";
import { benchBacklog } from "./backlog.ts";
import { benchIdentity } from "./identity.ts";
import { benchMessages } from "./messages.ts";
import { benchPeers } from "./peers.ts";

/** All records of the Gossip SDK, with the crypto provider that it chooses by itself. */
export async function benchGossip(progress: (line: string) => void): Promise<BenchResult[]> {
  const crypto = defaultCrypto();
  progress(`gossip with the ${crypto.name} provider on Node ${process.versions.node}`);
  const results: BenchResult[] = [];
  progress("announcements");
  results.push(...benchAnnouncements(crypto));
  progress("messages");
  results.push(...benchMessages(crypto));
  progress("a message among 100 unacknowledged ones");
  results.push(...benchBacklog(crypto));
  progress("identity from words");
  results.push(...(await benchIdentity(crypto)));
  progress("1,000 peers");
  results.push(...(await benchPeers(crypto)));
  return results;
}
