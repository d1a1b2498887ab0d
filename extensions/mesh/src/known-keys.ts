/** An object without the keys whose value is undefined. */
export type KnownKeys<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out keys that are there and undefined, as zod gives them for what was not configured. */
export function pickKnown<T extends object>(value: T | undefined): KnownKeys<T> {
  const known: KnownKeys<T> = { ...value };
  for (const key in known) if (known[key] === undefined) delete known[key];
  return known;
}
