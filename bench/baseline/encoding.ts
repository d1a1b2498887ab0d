// Encodings of docs/protocol/gossip.md sections 2 and 3 for the yardstick, in the plainest form that is right.
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { createBase58check } from "@scure/base";

const base58check = createBase58check(sha256);

/** Section 2: the framed HKDF. The returned function expands one named output. */
export function deriveKeys(
  salt: string,
  items: readonly Uint8Array[],
): (info: string, length: number) => Uint8Array {
  const frames = items.flatMap((item) => [Uint8Array.of(1), u64be(item.length), item]);
  const pseudoRandomKey = extract(
    sha256,
    concatBytes(...frames, Uint8Array.of(0)),
    utf8ToBytes(salt),
  );
  return (info, length) => expand(sha256, pseudoRandomKey, utf8ToBytes(info), length);
}

/** Section 3.1: an unsigned integer in the smallest of its five forms. */
export function varint(value: number | bigint): Uint8Array {
  const n = BigInt(value);
  if (n < 251n) return Uint8Array.of(Number(n));
  const [tag, size] =
    n < 1n << 16n ? [251, 2] : n < 1n << 32n ? [252, 4] : n < 1n << 64n ? [253, 8] : [254, 16];
  const out = new Uint8Array(1 + size);
  out[0] = tag;
  for (let i = 0; i < size; i++) out[1 + i] = Number((n >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** Section 3.1: varint length, then the bytes. */
export function sized(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(bytes.length), bytes);
}

/** Reads "bin" values from the front of a buffer; throws RangeError at its end. */
export class BinReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  raw(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new RangeError("bin: the buffer ends inside a value");
    const out = this.#bytes.slice(this.#offset, end);
    this.#offset = end;
    return out;
  }

  varint(): number {
    const tag = this.raw(1)[0] ?? 0;
    if (tag < 251) return tag;
    const size = 1 << (tag - 250);
    if (size > 16) throw new RangeError("bin: not a varint tag");
    const value = this.raw(size).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError("bin: integer too large");
    return Number(value);
  }

  sized(): Uint8Array {
    return this.raw(this.varint());
  }

  text(): string {
    return new TextDecoder().decode(this.sized());
  }
}

/** Section 3.2: "P..." of an Ed25519 public key or "S..." of a secret seed (32 bytes). */
export function massaText(prefix: "P" | "S", key: Uint8Array): Uint8Array {
  return utf8ToBytes(prefix + base58check.encode(concatBytes(Uint8Array.of(0), key)));
}

/** The 32 key bytes of a Massa text; throws on another prefix, checksum, version or length. */
export function parseMassaText(prefix: "P" | "S", text: string): Uint8Array {
  const bytes = text.startsWith(prefix) ? base58check.decode(text.slice(1)) : new Uint8Array();
  if (bytes.length !== 33 || bytes[0] !== 0)
    throw new RangeError("massa text: not a version 0 key");
  return bytes.slice(1);
}

function u64be(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}
