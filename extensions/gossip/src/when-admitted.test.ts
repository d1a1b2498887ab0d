import { expect, it } from "vitest";
import { whenAdmitted } from "./when-admitted.ts";

const NEVER = new AbortController().signal;

it("waits until the gate hears the person", async () => {
  const answers = [false, false, true];
  await expect(whenAdmitted(async () => answers.shift() === true, { signal: NEVER })).resolves.toBe(
    true,
  );
  expect(answers).toEqual([]);
});

it("does not wait for ever where the configuration is not read again", async () => {
  await expect(whenAdmitted(async () => false, { signal: NEVER, maxWaitMs: 1 })).resolves.toBe(
    false,
  );
});

it("ends with the account", async () => {
  const stop = new AbortController();
  const waiting = whenAdmitted(async () => false, { signal: stop.signal });
  stop.abort(new Error("stopped"));
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
});
