import { expect, it } from "vitest";
import { once } from "./once.ts";

it("makes a value at the first question, and the same one answers the others", () => {
  let made = 0;
  const count = once(() => {
    made += 1;
    return undefined;
  });
  expect(made).toBe(0);
  expect([count(), count()]).toEqual([undefined, undefined]);
  expect(made).toBe(1);
});

it("asks again after a failure", () => {
  let isBroken = true;
  const get = once(() => {
    if (isBroken) throw new Error("not yet");
    return "made";
  });
  expect(get).toThrow("not yet");
  isBroken = false;
  expect(get()).toBe("made");
});
