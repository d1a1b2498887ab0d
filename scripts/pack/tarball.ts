import { createHash } from "node:crypto";
// Node's zlib gives other bytes on another processor or version; this one is plain JavaScript.
import { gzipSync } from "fflate";

/** One file of a package, by its path inside the package. */
export interface PackedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;
/** 1985-10-26T08:15:00Z, the time that npm gives every packed file. */
const MODIFIED_AT_S = 499_162_500;
const FILE_MODE = 0o644;
/** Room for a name in a ustar header without its prefix field. */
const MAX_NAME_BYTES = 100;

/**
 * An npm package tarball. The same files always give the same bytes, in whatever order they come and on whatever
 * machine: fixed owner, mode, and time, sorted paths, and a compressor of its own.
 *
 * @throws RangeError for a path that does not fit the header.
 */
export function createTarball(files: readonly PackedFile[]): Uint8Array {
  const sorted = files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
  const blocks = sorted.flatMap(({ path, bytes }) => [
    createHeader(`package/${path}`, bytes.length),
    bytes,
    new Uint8Array((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES),
  ]);
  const archive = Buffer.concat([...blocks, new Uint8Array(2 * BLOCK_BYTES)]);
  return gzipSync(archive, { level: 9, mtime: 0 });
}

function createHeader(name: string, sizeBytes: number): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new RangeError(`${name}: longer than ${MAX_NAME_BYTES} bytes`);
  header.write(name, 0);
  header.write(octal(FILE_MODE, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(sizeBytes, 12), 124);
  header.write(octal(MODIFIED_AT_S, 12), 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, 148);
  return header;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\u0000`;
}

/** The integrity of a tarball as npm writes it. */
export function computeIntegrity(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}
