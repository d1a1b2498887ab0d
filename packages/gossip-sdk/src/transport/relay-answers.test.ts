import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GossipError } from "../errors.ts";
import { encodeBase64 } from "./base64.ts";
import {
  parseBulletinAnswer,
  parseCounterAnswer,
  parseJsonBody,
  parseKeysAnswer,
  parseValuesAnswer,
} from "./relay-answers.ts";

const badResponse = expect.objectContaining({ code: "relay_bad_response" });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const FIRST = { after: 0n, limit: 10 };

describe("counters", () => {
  it.each(["0", "1", "124", "9223372036854775807"])("take %s", (counter) => {
    expect(parseCounterAnswer({ counter })).toBe(BigInt(counter));
  });

  it.each([
    "9223372036854775808",
    "99999999999999999999",
    "-1",
    "+1",
    "1e9",
    "0x10",
    "1.0",
    "007",
    " 1",
    "",
    "NaN",
    "Infinity",
    2 ** 53,
    1,
    null,
    undefined,
    ["1"],
    {},
  ])("refuse %o", (counter) => {
    expect(() => parseCounterAnswer({ counter })).toThrow(badResponse);
  });

  it("are not taken from a prototype", () => {
    expect(() => parseCounterAnswer(Object.create({ counter: "1" }))).toThrow(badResponse);
  });
});

const item = (counter: string, data: unknown = "AAE=") => ({ counter, data });
const entry = (seeker: Uint8Array, value: unknown) => ({ key: encodeBase64(seeker), value });

describe("bulletin pages", () => {
  it("give bytes and counters, with gaps", () => {
    const page = parseBulletinAnswer([item("3"), item("7")], { after: 2n, limit: 10 });
    expect(page).toEqual([
      { counter: 3n, data: Uint8Array.of(0, 1) },
      { counter: 7n, data: Uint8Array.of(0, 1) },
    ]);
    expect(parseBulletinAnswer([], FIRST)).toEqual([]);
  });

  it.each([
    ["descending", ["3", "2"]],
    ["repeated", ["3", "3"]],
    ["starting at the cursor", ["2", "3"]],
    ["before the cursor", ["1", "3"]],
    ["beyond 64 bits after a good one", ["3", "18446744073709551616"]],
  ])("are refused whole when the counters are %s", (_, counters) => {
    const page = counters.map((counter) => item(counter));
    expect(() => parseBulletinAnswer(page, { after: 2n, limit: 10 })).toThrow(badResponse);
  });

  it("are cut at the limit, so that the cursor stays at what was read", () => {
    const page = Array.from({ length: 50 }, (_, index) => item(String(index + 1)));
    const items = parseBulletinAnswer(page, FIRST);
    expect(items.map(({ counter }) => counter).at(-1)).toBe(10n);
    expect(items).toHaveLength(10);
  });

  it.each([undefined, null, 5, "not base64!", "A", encodeBase64(new Uint8Array(65_537))])(
    "pass over unreadable data of a stranger",
    (data) => {
      const items = parseBulletinAnswer([{ counter: "1", data }, item("2")], FIRST);
      expect(items.map(({ data: found }) => found.length)).toEqual([0, 2]);
    },
  );

  it.each([null, {}, "[]", 5, undefined, [null], [[]], [5]])("are refused as %o", (answer) => {
    expect(() => parseBulletinAnswer(answer, FIRST)).toThrow(badResponse);
  });

  it("never move a cursor back, out of range, or past what they hold", () => {
    const counter = fc.oneof(
      fc.bigInt({ min: -2n, max: 30n }).map(String),
      fc.bigInt().map(String),
      fc.string(),
    );
    const record = fc.record({ counter, data: fc.oneof(fc.base64String(), fc.anything()) });
    fc.assert(
      fc.property(fc.array(record), fc.bigInt({ min: 0n, max: 20n }), (answer, after) => {
        let last = after;
        const items = tryParse(() => parseBulletinAnswer(answer, { after, limit: 10 }));
        for (const found of items) {
          expect(found.counter).toBeGreaterThan(last);
          expect(found.counter).toBeLessThan(2n ** 63n);
          last = found.counter;
        }
      }),
    );
  });
});

describe("keys", () => {
  it.each([{}, { value: "" }, { value: null }])("are absent in %o", (answer) => {
    expect(parseKeysAnswer(answer)).toBeUndefined();
  });

  it.each([{ value: 5 }, { value: "not base64!" }, [], null, "text", { value: "A".repeat(9_000) }])(
    "are refused in %o",
    (answer) => {
      expect(() => parseKeysAnswer(answer)).toThrow(badResponse);
    },
  );
});

describe("board values", () => {
  const mine = new Uint8Array(34).fill(1);
  const other = new Uint8Array(34).fill(2);

  it("come with the address they were asked for", () => {
    const values = parseValuesAnswer([entry(other, "AAE="), entry(mine, "Ag==")], [mine, other]);
    expect(values).toEqual([
      { seeker: other, value: Uint8Array.of(0, 1) },
      { seeker: mine, value: Uint8Array.of(2) },
    ]);
  });

  it("are dropped when nobody asked, and when their address had one already", () => {
    const answer = [entry(other, "AAE="), entry(mine, "Ag=="), entry(mine, "AAE=")];
    expect(parseValuesAnswer(answer, [mine])).toEqual([{ seeker: mine, value: Uint8Array.of(2) }]);
  });

  it("do not keep others back when one is unreadable", () => {
    const answer = [entry(mine, "!"), entry(other, "AAE="), {}];
    expect(parseValuesAnswer(answer, [mine, other])).toHaveLength(1);
  });

  it.each([null, {}, "text", [null], [5]])("are refused as %o", (answer) => {
    expect(() => parseValuesAnswer(answer, [mine])).toThrow(badResponse);
  });
});

describe("JSON bodies", () => {
  it("are parsed", () => {
    expect(parseJsonBody(utf8('{"counter": "1"}'), 1)).toEqual({ counter: "1" });
  });

  it.each([
    "",
    "<html><body>login</body></html>",
    "{",
    "[1,",
    "{'a': 1}",
    "undefined",
    "\ufeff{}x",
  ])("are refused when they are %j", (text) => {
    expect(() => parseJsonBody(utf8(text), 1)).toThrow(badResponse);
  });

  it("are refused when they are not UTF-8", () => {
    expect(() => parseJsonBody(Uint8Array.of(0x22, 0xff, 0x22), 1)).toThrow(badResponse);
  });

  it("are refused unparsed when they hold far more values than asked for", () => {
    const bomb = utf8(`[${"[],".repeat(1_000_000)}[]]`);
    expect(() => parseJsonBody(bomb, 500)).toThrow(badResponse);
    expect(() => parseJsonBody(utf8("[".repeat(1_000_000)), 500)).toThrow(badResponse);
  });

  it("are quoted in no error", () => {
    const error = failureOf(() => parseJsonBody(utf8("secret"), 1));
    expect(inspect(error)).not.toContain("secret");
    expect(error).toBeInstanceOf(GossipError);
  });

  it("of any JSON kind fail with our error or parse, in every parser", () => {
    const asked = [new Uint8Array(34)];
    fc.assert(
      fc.property(fc.json(), (text) => {
        const answer: unknown = JSON.parse(text);
        for (const parse of [
          () => parseCounterAnswer(answer),
          () => parseKeysAnswer(answer),
          () => parseBulletinAnswer(answer, FIRST),
          () => parseValuesAnswer(answer, asked),
        ]) {
          expect(failureOf(parse)).toSatisfy(
            (error) => error === undefined || error instanceof GossipError,
          );
        }
      }),
    );
  });
});

function tryParse<T>(parse: () => T[]): T[] {
  try {
    return parse();
  } catch {
    return [];
  }
}

function failureOf(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}
