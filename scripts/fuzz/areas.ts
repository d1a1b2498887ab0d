import { convosInvariants } from "./convos-invariants.ts";
import { convosTargets } from "./convos-targets.ts";
import type { FuzzTarget } from "./engine.ts";
import type { Invariant } from "./invariant.ts";
import { gossipInvariants } from "./gossip-invariants.ts";
import { gossipTargets } from "./gossip-targets.ts";
import { meshInvariants } from "./mesh-invariants.ts";
import { meshTargets } from "./mesh-targets.ts";

export interface FuzzArea {
  /** Every parser that meets foreign bytes, each with fresh state. */
  targets(): readonly FuzzTarget[];
  invariants(): readonly Invariant[];
}

export const FUZZ_AREAS: Readonly<Record<string, FuzzArea>> = {
  convos: { targets: convosTargets, invariants: convosInvariants },
  gossip: { targets: gossipTargets, invariants: gossipInvariants },
  mesh: { targets: meshTargets, invariants: meshInvariants },
};
