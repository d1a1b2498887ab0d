import { expect, it } from "vitest";
import { createOwnMessages, OWN_MESSAGES_RECORD } from "./own-messages.ts";

it("our newest messages are known after a restart, each in its own conversation", () => {
  const disk: { value: typeof OWN_MESSAGES_RECORD.empty } = { value: [] };
  const start = () =>
    createOwnMessages({
      read: () => OWN_MESSAGES_RECORD.parse(JSON.parse(JSON.stringify(disk.value))),
      write: (value) => void (disk.value = value),
    });
  const own = start();
  for (let index = 0; index < 301; index += 1) own.note("lobby", `m${index}`);
  own.note("lobby", "m300");
  const again = start();
  expect(again.has("lobby", "m300")).toBe(true);
  expect([again.has("#dev", "m300"), again.has("lobby", "m0")]).toEqual([false, false]);
  expect(disk.value).toHaveLength(300);
});
