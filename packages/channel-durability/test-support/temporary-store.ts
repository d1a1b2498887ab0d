// A real database file in a folder of its own, for tests.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDurableStore, type DurableStore } from "../src/store.ts";

/** Any 32 bytes do; tests never write real keys. */
export const TEST_KEY = new Uint8Array(32).fill(7);

/** A wall clock that only moves when told. */
export interface ManualClock {
  nowMs: number;
}

export class TemporaryStore implements Disposable {
  readonly folder: string;
  readonly path: string;
  readonly clock: ManualClock = { nowMs: 1_700_000_000_000 };
  #store: DurableStore | undefined;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "channel-durability-"));
    this.path = join(this.folder, "account", "durable.sqlite");
  }

  /** The open store; opens it on first use. */
  get store(): DurableStore {
    this.#store ??= this.open();
    return this.#store;
  }

  /** A second connection to the same file, as another process would have it. */
  open(): DurableStore {
    return openDurableStore({ path: this.path, key: TEST_KEY, now: () => this.clock.nowMs });
  }

  /** Closes and opens again: what a restart of the process leaves. */
  reopen(): DurableStore {
    this.#store?.close();
    this.#store = this.open();
    return this.#store;
  }

  [Symbol.dispose](): void {
    this.#store?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
