import { expect, it } from "vitest";
import { madeMessage, StoreFolder } from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { withoutKnown } from "./without-known.ts";

it("leaves out what is stored or too old, and nothing that only looks like it", () => {
  using folder = new StoreFolder();
  const store = folder.open();
  const stored = madeMessage();
  store.add([stored]);
  store.add([madeMessage({ messageId: "claimed", verdict: "unverified" })]);
  const page = [
    stored,
    // The store of a reference has dropped the signature, or somebody has made one up: the message is the same.
    madeMessage({ signature: "x" }),
    madeMessage({ messageId: "old", timestampMs: NOW_MS - 40 * 24 * 3_600_000 }),
    madeMessage({ body: "changed" }),
    madeMessage({ messageId: "claimed" }),
  ].map(({ message }) => message);
  expect(withoutKnown(store, "lobby", page)).toEqual(page.slice(3));
});
