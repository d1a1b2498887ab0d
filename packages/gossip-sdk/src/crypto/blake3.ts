/*
 * BLAKE3-256 (hash mode only), by its specification: https://github.com/BLAKE3-team/BLAKE3-specs. Every message is
 * hashed whole, twice in a round trip, and this is what the JavaScript part of that costs: with the state in local
 * variables it takes a fraction of the time of @noble/hashes, which the tests compare it with.
 */

const CHUNK_BYTES = 1024;
const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
const CV_WORDS = 8;
const HASH_BYTES = 32;
const ROUNDS = 7;

const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

const IV = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** BLAKE3-256 of bytes: 32 bytes. */
export function blake3(data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const cv = hashTree(view, 0, data.length, ROOT);
  const hash = new DataView(new ArrayBuffer(HASH_BYTES));
  for (let i = 0; i < CV_WORDS; i++) hash.setInt32(4 * i, cv[i]!, true);
  return new Uint8Array(hash.buffer);
}

/** Chaining value of the bytes from `start` to before `end`; `start` is at the beginning of a chunk. */
function hashTree(view: DataView, start: number, end: number, rootFlag: number): Int32Array {
  const length = end - start;
  if (length <= CHUNK_BYTES) return hashChunk(view, start, end, rootFlag);
  // The left subtree is the largest complete one that leaves something for the right.
  const middle = start + 2 ** Math.floor(Math.log2((length - 1) / CHUNK_BYTES)) * CHUNK_BYTES;
  const block = new Int32Array(BLOCK_WORDS);
  block.set(hashTree(view, start, middle, 0));
  block.set(hashTree(view, middle, end, 0), CV_WORDS);
  const cv = IV.slice();
  compress(cv, block, 0, BLOCK_BYTES, PARENT | rootFlag);
  return cv;
}

function hashChunk(view: DataView, start: number, end: number, rootFlag: number): Int32Array {
  const cv = IV.slice();
  const block = new Int32Array(BLOCK_WORDS);
  const counter = start / CHUNK_BYTES;
  let offset = start;
  let flags = CHUNK_START;
  while (end - offset > BLOCK_BYTES) {
    for (let i = 0; i < BLOCK_WORDS; i++) block[i] = view.getInt32(offset + 4 * i, true);
    compress(cv, block, counter, BLOCK_BYTES, flags);
    offset += BLOCK_BYTES;
    flags = 0;
  }
  block.fill(0);
  const lastBytes = end - offset;
  for (let i = 0; i < lastBytes; i++) block[i >> 2]! |= view.getUint8(offset + i) << (8 * (i & 3));
  compress(cv, block, counter, lastBytes, flags | CHUNK_END | rootFlag);
  return cv;
}

/** The compression function; the first half of its output replaces `cv`. */
function compress(
  cv: Int32Array,
  block: Int32Array,
  counter: number,
  blockBytes: number,
  flags: number,
): void {
  let m0 = block[0]!,
    m1 = block[1]!,
    m2 = block[2]!,
    m3 = block[3]!,
    m4 = block[4]!,
    m5 = block[5]!,
    m6 = block[6]!,
    m7 = block[7]!,
    m8 = block[8]!,
    m9 = block[9]!,
    ma = block[10]!,
    mb = block[11]!,
    mc = block[12]!,
    md = block[13]!,
    me = block[14]!,
    mf = block[15]!;
  let v0 = cv[0]!,
    v1 = cv[1]!,
    v2 = cv[2]!,
    v3 = cv[3]!,
    v4 = cv[4]!,
    v5 = cv[5]!,
    v6 = cv[6]!,
    v7 = cv[7]!;
  let v8 = IV[0]!,
    v9 = IV[1]!,
    va = IV[2]!,
    vb = IV[3]!;
  let vc = counter | 0,
    vd = 0,
    ve = blockBytes,
    vf = flags;
  for (let round = 1; ; round++) {
    v0 = (v0 + v4 + m0) | 0;
    vc ^= v0;
    vc = (vc >>> 16) | (vc << 16);
    v8 = (v8 + vc) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 12) | (v4 << 20);
    v0 = (v0 + v4 + m1) | 0;
    vc ^= v0;
    vc = (vc >>> 8) | (vc << 24);
    v8 = (v8 + vc) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 7) | (v4 << 25);
    v1 = (v1 + v5 + m2) | 0;
    vd ^= v1;
    vd = (vd >>> 16) | (vd << 16);
    v9 = (v9 + vd) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 12) | (v5 << 20);
    v1 = (v1 + v5 + m3) | 0;
    vd ^= v1;
    vd = (vd >>> 8) | (vd << 24);
    v9 = (v9 + vd) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 7) | (v5 << 25);
    v2 = (v2 + v6 + m4) | 0;
    ve ^= v2;
    ve = (ve >>> 16) | (ve << 16);
    va = (va + ve) | 0;
    v6 ^= va;
    v6 = (v6 >>> 12) | (v6 << 20);
    v2 = (v2 + v6 + m5) | 0;
    ve ^= v2;
    ve = (ve >>> 8) | (ve << 24);
    va = (va + ve) | 0;
    v6 ^= va;
    v6 = (v6 >>> 7) | (v6 << 25);
    v3 = (v3 + v7 + m6) | 0;
    vf ^= v3;
    vf = (vf >>> 16) | (vf << 16);
    vb = (vb + vf) | 0;
    v7 ^= vb;
    v7 = (v7 >>> 12) | (v7 << 20);
    v3 = (v3 + v7 + m7) | 0;
    vf ^= v3;
    vf = (vf >>> 8) | (vf << 24);
    vb = (vb + vf) | 0;
    v7 ^= vb;
    v7 = (v7 >>> 7) | (v7 << 25);
    v0 = (v0 + v5 + m8) | 0;
    vf ^= v0;
    vf = (vf >>> 16) | (vf << 16);
    va = (va + vf) | 0;
    v5 ^= va;
    v5 = (v5 >>> 12) | (v5 << 20);
    v0 = (v0 + v5 + m9) | 0;
    vf ^= v0;
    vf = (vf >>> 8) | (vf << 24);
    va = (va + vf) | 0;
    v5 ^= va;
    v5 = (v5 >>> 7) | (v5 << 25);
    v1 = (v1 + v6 + ma) | 0;
    vc ^= v1;
    vc = (vc >>> 16) | (vc << 16);
    vb = (vb + vc) | 0;
    v6 ^= vb;
    v6 = (v6 >>> 12) | (v6 << 20);
    v1 = (v1 + v6 + mb) | 0;
    vc ^= v1;
    vc = (vc >>> 8) | (vc << 24);
    vb = (vb + vc) | 0;
    v6 ^= vb;
    v6 = (v6 >>> 7) | (v6 << 25);
    v2 = (v2 + v7 + mc) | 0;
    vd ^= v2;
    vd = (vd >>> 16) | (vd << 16);
    v8 = (v8 + vd) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 12) | (v7 << 20);
    v2 = (v2 + v7 + md) | 0;
    vd ^= v2;
    vd = (vd >>> 8) | (vd << 24);
    v8 = (v8 + vd) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 7) | (v7 << 25);
    v3 = (v3 + v4 + me) | 0;
    ve ^= v3;
    ve = (ve >>> 16) | (ve << 16);
    v9 = (v9 + ve) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 12) | (v4 << 20);
    v3 = (v3 + v4 + mf) | 0;
    ve ^= v3;
    ve = (ve >>> 8) | (ve << 24);
    v9 = (v9 + ve) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 7) | (v4 << 25);
    if (round === ROUNDS) break;
    // The message words are permuted for the next round: one cycle after the other.
    const t0 = m0;
    m0 = m2;
    m2 = m3;
    m3 = ma;
    ma = mc;
    mc = m9;
    m9 = mb;
    mb = m5;
    m5 = t0;
    const t1 = m1;
    m1 = m6;
    m6 = m4;
    m4 = m7;
    m7 = md;
    md = me;
    me = mf;
    mf = m8;
    m8 = t1;
  }
  cv[0] = v0 ^ v8;
  cv[1] = v1 ^ v9;
  cv[2] = v2 ^ va;
  cv[3] = v3 ^ vb;
  cv[4] = v4 ^ vc;
  cv[5] = v5 ^ vd;
  cv[6] = v6 ^ ve;
  cv[7] = v7 ^ vf;
}
