import type { SeededRandom } from "./random.ts";

/** JSON that could stand in place of any value. */
const TELLING_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  "",
  "0",
  "-1",
  "1e3",
  "00",
  "9223372036854775807",
  "9223372036854775808",
  "99999999999999999999999999",
  "====",
  "AA==\n",
  "_-_-",
  "A".repeat(5000),
  [],
  {},
  [[[[[[[[[[[[[[]]]]]]]]]]]]]],
  { __proto__: null, toString: 1 },
  [null, null],
];

/**
 * The same JSON tree with some of its values or names replaced.
 *
 * @param names - Names that mean something to the parser, and some that it must not fall for.
 */
export function hostileJson(
  random: SeededRandom,
  value: unknown,
  names: readonly string[],
): unknown {
  if (random.below(4) === 0) return random.pick(TELLING_VALUES);
  if (Array.isArray(value)) {
    const items = value.map((item) => hostileJson(random, item, names));
    return random.below(8) === 0 ? Array.from({ length: 40 }, () => items[0]) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      random.below(10) === 0 ? random.pick(names) : name,
      hostileJson(random, item, names),
    ]),
  );
}
