// One way to damage a file, chosen by number: the same number always does the same.
import { chownSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";

const CUT_BYTES = 64;
/** SQLite's field for the schema version, which a newer version of ours would raise. */
const USER_VERSION_OFFSET = 60;
const SOMEBODY = 65_534;

export interface Damage {
  readonly kind: "cut" | "flip" | "empty" | "version" | "owner";
  /** Of the cut or the flip, in bytes. */
  readonly at: number;
}

/** @returns undefined when this user cannot do it: only root gives a file away. */
export function damageFile(file: string, number: number, seed: number): Damage | undefined {
  const bytes = readFileSync(file);
  const kinds = ["cut", "flip", "flip", "cut", "flip", "empty", "version", "owner"] as const;
  const kind = kinds[number % kinds.length] ?? "flip";
  const random = createHash("sha256").update(`${seed} ${number}`).digest().readUInt32BE(0);
  const at = random % bytes.length;
  if (kind === "cut") {
    const cut = Math.floor(at / CUT_BYTES) * CUT_BYTES;
    truncateSync(file, cut);
    return { kind, at: cut };
  }
  if (kind === "flip") {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (random % 8));
    writeFileSync(file, bytes);
  } else if (kind === "empty") truncateSync(file, 0);
  else if (kind === "version") writeFileSync(file, raiseVersion(file, bytes));
  else if (process.getuid?.() === 0) chownSync(file, SOMEBODY, SOMEBODY);
  else return undefined;
  return { kind, at };
}

function raiseVersion(file: string, bytes: Buffer): Buffer {
  if (file.endsWith(".json"))
    return Buffer.from(bytes.toString("utf8").replace('"version": 1', '"version": 99'));
  bytes.writeUInt32BE(99, USER_VERSION_OFFSET);
  return bytes;
}
