import type { ListMessagesOptions } from "@xmtp/node-bindings";
import { expect, it } from "vitest";
import { countOwn } from "./count-own.ts";

const OWN = 7;

/** A conversation into which others write after some of the counts. */
function writtenTo(after: (count: number) => boolean): Parameters<typeof countOwn>[0] {
  let others = 3;
  let counts = 0;
  return {
    countMessages(options?: ListMessagesOptions | null) {
      const counted = options?.excludeSenderInboxIds === undefined ? OWN + others : others;
      counts += 1;
      if (after(counts)) others += 1;
      return Promise.resolve(counted);
    },
  };
}

it.each([1, 2, 3, 4])("is exact when somebody else writes after count %i", async (when) => {
  expect(
    await countOwn(
      writtenTo((count) => count === when),
      "own",
    ),
  ).toBe(OWN);
});

it("gives up while others write without a pause", async () => {
  expect(
    await countOwn(
      writtenTo(() => true),
      "own",
    ),
  ).toBeUndefined();
});
