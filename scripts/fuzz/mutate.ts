import type { SeededRandom } from "./random.ts";

const MAX_RANDOM_BYTES = 4096;
const MAX_STEPS = 6;

/** Bytes that mean something to one of our formats: varint tags, protobuf tags and limits, framing, zero. */
const TELLING_BYTES = [0, 1, 0x20, 0x21, 0x22, 0x41, 0x7f, 0x80, 250, 251, 252, 253, 254, 255];

/** Lengths that lie: varints of our own encoding and of Protocol Buffers, and fixed-width integers. */
const TELLING_LENGTHS: readonly (readonly number[])[] = [
  [251, 0xff, 0xff],
  [251, 0, 0],
  [252, 0xff, 0xff, 0xff, 0x7f],
  [252, 0, 0, 0, 0x10],
  [253, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [253, 0, 0, 0, 0, 0, 0, 0x20, 0],
  [254, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0],
];

type Mutation = (
  bytes: Uint8Array,
  random: SeededRandom,
  samples: readonly Uint8Array[],
) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  setTellingByte,
  overwriteLength,
  insertLength,
  truncate,
  extend,
  removeRange,
  repeatRange,
  splice,
];

/** One hostile input: now and then plain noise, else a valid sample after a few mutations. */
export function hostileBytes(random: SeededRandom, samples: readonly Uint8Array[]): Uint8Array {
  if (samples.length === 0 || random.below(8) === 0) {
    return random.bytes(random.below(random.pick([8, 64, 512, MAX_RANDOM_BYTES])));
  }
  // A copy, and never a Buffer: the slice() of that one shares memory, and a mutation would change the sample.
  let bytes: Uint8Array = Uint8Array.from(random.pick(samples));
  const steps = 1 + random.below(MAX_STEPS);
  for (let i = 0; i < steps; i++) bytes = random.pick(MUTATIONS)(bytes, random, samples);
  return bytes;
}

function flipBit(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const out = bytes.slice();
  const at = random.below(out.length);
  if (out.length > 0) out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
  return out;
}

function setTellingByte(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const out = bytes.slice();
  if (out.length > 0) out[random.below(out.length)] = random.pick(TELLING_BYTES);
  return out;
}

function overwriteLength(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const lie = random.pick(TELLING_LENGTHS);
  if (bytes.length < lie.length) return Uint8Array.from(lie);
  const out = bytes.slice();
  out.set(lie, random.below(out.length - lie.length + 1));
  return out;
}

function insertLength(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length + 1);
  return join(bytes.subarray(0, at), random.pick(TELLING_LENGTHS), bytes.subarray(at));
}

function truncate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return bytes.slice(0, random.below(bytes.length));
}

function extend(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return join(bytes, random.bytes(1 + random.below(64)));
}

function removeRange(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const [from, to] = range(bytes, random);
  return join(bytes.subarray(0, from), bytes.subarray(to));
}

function repeatRange(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const [from, to] = range(bytes, random);
  return join(bytes.subarray(0, to), bytes.subarray(from));
}

function splice(
  bytes: Uint8Array,
  random: SeededRandom,
  samples: readonly Uint8Array[],
): Uint8Array {
  const other = random.pick(samples);
  return join(
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  );
}

function range(bytes: Uint8Array, random: SeededRandom): [number, number] {
  const from = random.below(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + random.below(64))];
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
