// Unpacks an archive that a program under test wrote, as far as looking into it needs.
import { inflateRawSync } from "node:zlib";

/** "PK" and the kind of record: one file in the central directory, and its end (APPNOTE 6.3, sections 4.3.12 and 4.3.16). */
const CENTRAL_FILE = 0x02014b50;
const CENTRAL_END = 0x06054b50;
const DEFLATED = 8;

/** Contents by name. @throws RangeError or TypeError for what is no zip archive. */
export function readZip(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(findEnd(archive) + 16);
  while (archive.readUInt32LE(at) === CENTRAL_FILE) {
    const [nameBytes, extraBytes, noteBytes] = [28, 30, 32].map((offset) =>
      archive.readUInt16LE(at + offset),
    );
    const method = archive.readUInt16LE(at + 10);
    const packedBytes = archive.readUInt32LE(at + 20);
    const name = archive.toString("utf8", at + 46, at + 46 + (nameBytes ?? 0));
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const packed = archive.subarray(start, start + packedBytes);
    files.set(name, method === DEFLATED ? inflateRawSync(packed) : packed);
    at += 46 + (nameBytes ?? 0) + (extraBytes ?? 0) + (noteBytes ?? 0);
  }
  return files;
}

function findEnd(archive: Buffer): number {
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(CENTRAL_END);
  const at = archive.lastIndexOf(mark);
  if (at < 0) throw new TypeError("not a zip archive");
  return at;
}
