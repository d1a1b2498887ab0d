/**
 * Makes a value when it is first asked for, and gives that one from then on. For what is dear to make, and not needed by
 * every command of the host that loads a plugin. A `make` that throws is tried again the next time.
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
