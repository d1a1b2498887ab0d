import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
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
  readonly key: MeshKey;
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

/** Signs what is not signed as it stands, with a version above all before it. What is signed is served as it is. */
function loadSigned({ file, key, now, warn }: ListFileParts): string {
  const text = readListFile(file);
  const list = parse(file, text);
  const { proof } = list;
  if (proof !== undefined && isSigned(list, proof.signerId, now())) return text;
  if (proof !== undefined && proof.signerId !== key.peerId) {
    throw unusable(
      file,
      'another peer has signed it, and it was altered; take out its "oc" to sign it as yours',
    );
  }
  const signed = sign(file, key, list, (proof?.serial ?? 0) + 1, now());
  const left = countEntries(text) - list.peers.length;
  if (left > 0) warn(`${file}: ${left} entries are no peers, or the same twice, and are left out`);
  writeWhole(file, signed);
  return signed;
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

/** A reader sees the old file or the new one. The list is public. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, file);
}

function unusable(file: string, why: string, cause?: unknown): MeshCommandError {
  return new MeshCommandError("unusable_file", `${file}: ${why}`, { cause });
}
