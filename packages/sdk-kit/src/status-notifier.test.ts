import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { StatusNotifier } from "./status-notifier.ts";

it("tells every listener once per turn of the event loop, however much happened", async () => {
  const notifier = new StatusNotifier({ warn: () => {} });
  const heard: string[] = [];
  notifier.listen(() => heard.push("one"));
  const stop = notifier.listen(() => heard.push("two"));
  notifier.notify();
  notifier.notify();
  expect(heard).toEqual([]);
  await nextTurn();
  expect(heard).toEqual(["one", "two"]);
  stop();
  notifier.notify();
  await nextTurn();
  expect(heard).toEqual(["one", "two", "one"]);
});

it("goes on past a listener that throws, without quoting it", async () => {
  const lines: string[] = [];
  const notifier = new StatusNotifier({ warn: (line) => lines.push(line) });
  let heard = 0;
  notifier.listen(() => {
    throw new Error("the canary sings");
  });
  notifier.listen(() => {
    heard += 1;
  });
  notifier.notify();
  await nextTurn();
  expect(heard).toBe(1);
  expect(lines).toEqual(["a status listener failed"]);
});

it("tells nobody anything once it is closed", async () => {
  const notifier = new StatusNotifier({ warn: () => {} });
  let heard = 0;
  notifier.listen(() => {
    heard += 1;
  });
  notifier.notify();
  notifier.close();
  await nextTurn();
  notifier.notify();
  await nextTurn();
  expect(heard).toBe(0);
});
