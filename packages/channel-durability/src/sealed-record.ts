// One small JSON value that a channel keeps beside its queue: sealed, and as durable as the queue itself.

import { readBlob } from "./rows.ts";
import type { DurableStore } from "./store.ts";

/** A value that survives restarts. Held in memory between writes, so reading costs nothing. */
export interface SealedRecord<T> {
  read(): T;
  /** On disk when this returns. @throws What the store throws. */
  write(value: T): void;
}

export interface SealedRecordOptions<T> {
  readonly store: DurableStore;
  /** Names the value among those of the account; never used for another one. */
  readonly name: string;
  /** Checks what was read back; throws on anything that this version did not write. */
  readonly parse: (value: unknown) => T;
  /** The value before the first write, and in place of one that is damaged. */
  readonly empty: T;
  /** Told when the value on disk is damaged; it is replaced by the next write. */
  readonly onDamaged?: (error: unknown) => void;
}

/**
 * Opens a value of the account. Only for what can be lost without harm: damage to it must not keep the account from
 * starting.
 */
export function openSealedRecord<T>(options: SealedRecordOptions<T>): SealedRecord<T> {
  const { name, store } = options;
  const row = `record/${name}`;
  const place = { table: "meta", column: "value", row };
  let current = load(options, row);
  return {
    read: () => current,
    write: (value) => {
      store.write(() =>
        store.run(
          "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
          row,
          store.sealer.sealJson(place, value),
        ),
      );
      current = value;
    },
  };
}

function load<T>({ empty, onDamaged, parse, store }: SealedRecordOptions<T>, row: string): T {
  const found = store.get("SELECT value FROM meta WHERE name = ?", row);
  if (found === undefined) return empty;
  try {
    const place = { table: "meta", column: "value", row };
    return parse(store.sealer.openJson(place, readBlob(found, "value")));
  } catch (error) {
    onDamaged?.(error);
    return empty;
  }
}
