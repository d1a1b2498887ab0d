import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import {
  type BootstrapList,
  MeshError,
  type MeshKey,
  parseList,
  signList,
  verifyList,
} from "mesh-sdk";
import { MeshCommandError } from "./errors.ts";

/** No list that a peer would read is larger. */
const MAX_FILE_BYTES = 262_144;

export interface ListFileParts {
  readonly file: string;
  /** Where the number of the last list that was served is kept: the list may lose it when it is written anew. */
  readonly serialFile: string;
  readonly key: MeshKey;
  /** Milliseconds. */
  readonly now: () => number;
  readonly warn: (line: string) => void;
}

/** A list of peers in a file that an operator edits, signed again after each change. */
export class ListFile {
  readonly #parts: ListFileParts;
  #text: string;
  #stamp: string;

  /** @throws MeshCommandError `unusable_file`: it is not there, or no list, or another peer's and altered. */
  constructor(parts: ListFileParts) {
    this.#parts = parts;
    this.#text = loadSigned(parts);
    this.#stamp = stampOf(parts.file);
  }

  /** The list as it is now. After an edit that makes no sense, the last one that did. */
  read(): string {
    const stamp = stampOf(this.#parts.file);
    if (stamp === this.#stamp) return this.#text;
    this.#stamp = stamp;
    try {
      this.#text = loadSigned(this.#parts);
      // Signing has written it once more.
      this.#stamp = stampOf(this.#parts.file);
    } catch (error) {
      if (!(error instanceof MeshCommandError)) throw error;
      this.#parts.warn(`${error.message}; the list of before is served`);
    }
    return this.#text;
  }
}

/**
 * Signs what is not signed as it stands, with a number above all before it: a reader takes no list whose number has not risen.
 * What is signed, and not older than the last one, is served as it is.
 */
function loadSigned(parts: ListFileParts): string {
  const { file, key, now, warn } = parts;
  const text = readListFile(file);
  const list = parse(file, text);
  const { proof } = list;
  const isWhole = proof !== undefined && isSigned(list, proof.signerId, now());
  if (proof !== undefined && proof.signerId !== key.peerId) {
    if (isWhole) return text;
    throw unusable(
      file,
      'another peer has signed it, and it was altered; take out its "oc" to sign it as yours',
    );
  }
  const lastSerial = readSerial(parts);
  if (proof !== undefined && isWhole && proof.serial >= lastSerial) {
    if (proof.serial > lastSerial) writeSerial(parts, proof.serial);
    return text;
  }
  // The clock, for a list that comes from elsewhere while the number beside the key was lost.
  const serial = Math.max(proof?.serial ?? 0, lastSerial, Math.floor(now() / 1000)) + 1;
  const signed = sign(file, key, list, serial, now());
  const left = countEntries(text) - list.peers.length;
  if (left > 0) warn(`${file}: ${left} entries are no peers, or the same twice, and are left out`);
  writeSerial(parts, serial);
  writeWhole(file, signed);
  return signed;
}

/** The number of the last list that was served; 0 before the first. */
function readSerial({ serialFile, warn }: ListFileParts): number {
  if (!existsSync(serialFile)) return 0;
  const serial = Number(readFileSync(serialFile, "utf8").trim());
  if (Number.isSafeInteger(serial) && serial > 0) return serial;
  warn(`${serialFile}: holds no number; the next list is numbered by the clock`);
  return 0;
}

/** Keys may lie where nothing can be written. */
function writeSerial({ serialFile, warn }: ListFileParts, serial: number): void {
  try {
    writeWhole(serialFile, `${serial}\n`);
  } catch {
    warn(`${serialFile}: cannot be written; the next list is numbered by the clock`);
  }
}

function isSigned(list: BootstrapList, signerId: string, nowMs: number): boolean {
  try {
    verifyList(list, { signerId, known: undefined, nowMs });
    return true;
  } catch (error) {
    if (error instanceof MeshError) return false;
    throw error;
  }
}

function parse(file: string, text: string): BootstrapList {
  try {
    return parseList(text);
  } catch (cause) {
    throw unusable(file, cause instanceof MeshError ? cause.message : "no list", cause);
  }
}

function sign(file: string, key: MeshKey, list: BootstrapList, serial: number, nowMs: number) {
  try {
    return signList(key, { peers: list.peers, serial, updatedAtMs: nowMs });
  } catch (cause) {
    throw unusable(file, cause instanceof MeshError ? cause.message : "cannot be signed", cause);
  }
}

function countEntries(text: string): number {
  const { peers }: { peers?: unknown } = JSON.parse(text);
  return Array.isArray(peers) ? peers.length : 0;
}

function readListFile(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw unusable(
      file,
      'not there; begin with {"version":1,"peers":[]}, or set MESH_BOOTSTRAP_FILE',
    );
  }
  if (!stat.isFile() || stat.size > MAX_FILE_BYTES) throw unusable(file, "not a file of a list");
  return readFileSync(file, "utf8");
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "gone" : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

/** A reader sees the old file or the new one. Nothing in it is secret. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, file);
}

function unusable(file: string, why: string, cause?: unknown): MeshCommandError {
  return new MeshCommandError("unusable_file", `${file}: ${why}`, { cause });
}
