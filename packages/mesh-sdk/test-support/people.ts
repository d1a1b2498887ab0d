import { createHash } from "node:crypto";
import type { Clock } from "../src/clock.ts";
import type { NoteStore } from "../src/direct/peer-prekeys.ts";
import type { KeptPrekey, PrekeyVault } from "../src/direct/prekeys.ts";
import { type MeshKey, meshKeyFromSeed } from "../src/identity/mesh-key.ts";

/** When the tests of this package take place. */
export const NOW_MS = Date.UTC(2026, 10, 21, 12);

/** The same key for the same name, in every run. */
export function keyOf(name: string): MeshKey {
  return meshKeyFromSeed(bytesOf(name));
}

/** 32 bytes that look random and are the same in every run. */
export function bytesOf(name: string, length = 32): Uint8Array {
  return new Uint8Array(createHash("sha256").update(name).digest().subarray(0, length));
}

/** 16 bytes for a message of a test. */
export function nonceOf(name: string): Uint8Array {
  return bytesOf(name, 16);
}

/** A clock that a test moves. */
export class HandClock implements Clock {
  nowMs = NOW_MS;

  now(): number {
    return this.nowMs;
  }
}

/** Prekeys and notes in memory, behind the same ports as on disk. */
export class MemoryVault implements PrekeyVault, NoteStore {
  readonly #prekeys = new Map<number, KeptPrekey>();
  readonly #notes = new Map<string, string>();

  list(): readonly KeptPrekey[] {
    return [...this.#prekeys.values()];
  }

  put(prekey: KeptPrekey): void {
    this.#prekeys.set(prekey.version, prekey);
  }

  remove(version: number): void {
    this.#prekeys.delete(version);
  }

  readNote(name: string): string | undefined {
    return this.#notes.get(name);
  }

  writeNote(name: string, value: string): void {
    this.#notes.set(name, value);
  }
}
