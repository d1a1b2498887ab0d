import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  digestsIn,
  madeMessage,
  StoreFolder,
  WHOLE_PAGE,
} from "../../test-support/made-messages.ts";

let folder: StoreFolder;

beforeEach(() => {
  folder = new StoreFolder();
});

afterEach(() => folder[Symbol.dispose]());

const versions = ["one", "two", "three", "four", "five"].map((body) =>
  madeMessage({ body, channelId: "base" }),
);

it("ends with the same two contradictions, and shows the same one, whatever the order of arrival", () => {
  const store = folder.open();
  let channels = 0;
  const order = fc.shuffledSubarray(versions, { minLength: versions.length });
  const endOf = (arrivals: typeof versions): unknown => {
    channels += 1;
    // A channel of its own for each order; the digests stay those of the same five messages.
    const channelId = `c${channels}`;
    for (const version of [...arrivals, ...arrivals]) {
      store.add([{ ...version, message: { ...version.message, channelId } }]);
    }
    const shown = store.pageAfter(channelId, null, WHOLE_PAGE).map(({ message }) => message.body);
    const { count, fingerprint } = store.summarize(channelId, {});
    return { digests: digestsIn(store, channelId), shown, count, fingerprint };
  };
  const expected = endOf(versions);
  expect(expected).toMatchObject({ count: 2, shown: [expect.any(String)] });
  fc.assert(
    fc.property(order, (shuffled) => {
      expect(endOf(shuffled)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

it("remembers the contradiction that lost, and does not ask for it again", () => {
  const store = folder.open();
  store.add(versions);
  const lost = versions
    .map(({ digest, message }) => ({ digest, timestampMs: message.timestampMs }))
    .filter(
      ({ digest }) => !digestsIn(store, "base").includes(Buffer.from(digest).toString("hex")),
    );
  expect(lost).toHaveLength(3);
  expect(store.lacking("base", lost)).toEqual([]);
});
