import { equalBytes } from "../../packages/gossip-sdk/src/codec/bytes.ts";
import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import type { FuzzTarget, FuzzVerdict } from "./engine.ts";
import { hostileBytes } from "./mutate.ts";

/** A parser of bytes that refuses with a GossipError, attacked with mutations of valid samples. */
export function byteTarget(
  name: string,
  samples: readonly Uint8Array[],
  feed: (input: Uint8Array) => FuzzVerdict,
): FuzzTarget {
  return {
    name,
    generate: (random) => hostileBytes(random, samples),
    feed,
    isRefusal: (error) => error instanceof GossipError,
  };
}

/** For what only its maker can make: anything else that is taken is forged. Mutations may cancel each other out. */
export function genuineOnly(input: Uint8Array, sample: Uint8Array): FuzzVerdict {
  return equalBytes(input, sample) ? "accepted" : "forged";
}
