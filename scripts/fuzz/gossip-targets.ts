import { defaultCrypto } from "../../packages/gossip-sdk/src/crypto/select.ts";
import type { FuzzTarget } from "./engine.ts";
import { gossipByteTargets } from "./gossip-byte-targets.ts";
import { createGossipFixture } from "./gossip-fixtures.ts";
import { gossipPeerTargets } from "./gossip-peer-targets.ts";
import { gossipRelayTarget } from "./gossip-relay-target.ts";
import { gossipStateTargets } from "./gossip-state-targets.ts";
import { gossipTextTargets } from "./gossip-text-targets.ts";

/** Every parser of the Gossip SDK that meets bytes it did not make itself. */
export function gossipTargets(): FuzzTarget[] {
  const fixture = createGossipFixture(defaultCrypto());
  return [
    ...gossipTextTargets(fixture),
    ...gossipByteTargets(fixture),
    ...gossipPeerTargets(fixture),
    ...gossipStateTargets(fixture),
    gossipRelayTarget(fixture),
  ];
}
