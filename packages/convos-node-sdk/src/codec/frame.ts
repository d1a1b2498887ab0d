import { deflateRawSync, inflateRawSync, inflateSync } from "node:zlib";
import * as z from "zod";
import { ConvosError, malformed } from "../errors.ts";
import { MAX_INFLATE_RATIO } from "../limits.ts";
import { concatBytes, copyBytes } from "./bytes.ts";

/** Marker, original size as u32 big-endian, then DEFLATE. No message of ours begins with it, nor with the legacy one. */
const MARKER = 0x1f;
/** What one SDK wrote until March 2026: the marker, then a zlib stream, and no size. */
const LEGACY_MARKER = 0x78;
const HEADER_BYTES = 5;
/** Shorter messages are never compressed, by any writer. */
const MIN_COMPRESSED_FROM_BYTES = 100;

/** Compresses as today's writers of group metadata do: raw DEFLATE, and only if that makes it smaller (section 1.3). */
export function compressIfSmaller(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MIN_COMPRESSED_FROM_BYTES) return bytes;
  const body = deflateRawSync(bytes);
  if (HEADER_BYTES + body.length >= bytes.length) return bytes;
  const header = new Uint8Array(HEADER_BYTES);
  header[0] = MARKER;
  new DataView(header.buffer).setUint32(1, bytes.length);
  return concatBytes(header, body);
}

/**
 * Undoes any of the four framings in use (section 1.3): none, raw DEFLATE, zlib after a size, zlib without a size.
 *
 * @param maxBytes - The most that may come out. Nothing above it, or above 100 times the compressed size, is inflated.
 * @throws ConvosError `too_large`, or `malformed` when the stream is damaged, has bytes after its end, or gives another
 *   length than it said.
 */
export function decompressFrame(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes[0] === MARKER) return inflateSized(bytes, maxBytes);
  if (bytes[0] === LEGACY_MARKER) return inflateLegacy(bytes, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(bytes.length);
  return bytes;
}

function inflateSized(frame: Uint8Array, maxBytes: number): Uint8Array {
  if (frame.length <= HEADER_BYTES) throw malformed("frame: ends after the header");
  const body = frame.subarray(HEADER_BYTES);
  const size = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(1);
  if (size === 0) throw malformed("frame: says that it is empty");
  if (size > Math.min(maxBytes, body.length * MAX_INFLATE_RATIO)) throw tooLarge(size);
  // A raw stream could begin with what looks like a zlib header, if its writer left bits set that carry nothing.
  const inflated =
    (hasZlibHeader(body) ? tryInflate(inflateSync, body, size) : undefined) ??
    tryInflate(inflateRawSync, body, size);
  if (inflated?.length !== size) throw malformed("frame: damaged, or of another size than it says");
  return inflated;
}

function inflateLegacy(frame: Uint8Array, maxBytes: number): Uint8Array {
  const body = frame.subarray(1);
  const inflated = tryInflate(
    inflateSync,
    body,
    Math.min(maxBytes, body.length * MAX_INFLATE_RATIO),
  );
  if (inflated === undefined || inflated.length === 0) {
    throw malformed("frame: damaged, or larger than allowed");
  }
  return inflated;
}

/** RFC 1950: DEFLATE, and the first two bytes as one number divide by 31. */
function hasZlibHeader(body: Uint8Array): boolean {
  const [method = 0, flags = 0] = body;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}

/** What zlib gives with `info: true`, which its type declarations leave out. */
const inflation = z.object({
  buffer: z.instanceof(Uint8Array),
  engine: z.object({ bytesWritten: z.number() }),
});

/** Stops as soon as more than `maxBytes` come out. Undefined for a damaged stream, and for one with bytes after it. */
function tryInflate(
  inflate: typeof inflateSync,
  body: Uint8Array,
  maxBytes: number,
): Uint8Array | undefined {
  try {
    const result: unknown = inflate(body, { maxOutputLength: maxBytes, info: true });
    const { buffer, engine } = inflation.parse(result);
    return engine.bytesWritten === body.length ? copyBytes(buffer) : undefined;
  } catch {
    return undefined;
  }
}

function tooLarge(size: number): ConvosError {
  return new ConvosError("too_large", `frame: ${size} bytes are more than allowed`);
}
