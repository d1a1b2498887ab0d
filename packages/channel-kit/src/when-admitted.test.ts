import { expect, it } from "vitest";
import { whenAdmitted } from "./when-admitted.ts";

it("waits until the gate hears the person", async () => {
  const answers = [false, true];
  await whenAdmitted(async () => answers.shift() === true, new AbortController().signal);
  expect(answers).toEqual([]);
});

it("ends with the account", async () => {
  const stop = new AbortController();
  const waiting = whenAdmitted(async () => false, stop.signal);
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
