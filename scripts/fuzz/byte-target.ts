import { equalBytes } from "../../packages/gossip-sdk/src/codec/bytes.ts";
import type { FuzzTarget, FuzzVerdict } from "./engine.ts";
import { hostileBytes } from "./mutate.ts";

/** The one error class with which the parsers of a package refuse. */
export type RefusalClass = abstract new (...args: never) => Error;

/** Makes a parser of bytes of one package, attacked with mutations of valid samples. */
export type ByteTargetMaker = (
  name: string,
  samples: readonly Uint8Array[],
  feed: (input: Uint8Array) => FuzzVerdict,
) => FuzzTarget;

export function byteTargetsOf(refusal: RefusalClass): ByteTargetMaker {
  return (name, samples, feed) => ({
    name,
    generate: (random) => hostileBytes(random, samples),
    feed,
    isRefusal: (error) => error instanceof refusal,
  });
}

/** For what only its maker can make: anything else that is taken is forged. Mutations may cancel each other out. */
export function genuineOnly(input: Uint8Array, sample: Uint8Array): FuzzVerdict {
  return equalBytes(input, sample) ? "accepted" : "forged";
}
