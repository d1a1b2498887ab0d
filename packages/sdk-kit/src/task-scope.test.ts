import { expect, it } from "vitest";
import { runTasks, type Task } from "./task-scope.ts";

/** Runs until it is told to end, and then takes another turn of the event loop. */
function untilAborted(log: string[]): Task {
  return async (signal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    await new Promise<void>((next) => {
      setImmediate(next);
    });
    log.push("ended");
  };
}

const failing: Task = async () => {
  await Promise.resolve();
  throw new RangeError("lost");
};

const complaining: Task = async (signal) => {
  await untilAborted([])(signal);
  throw new RangeError("told to end");
};

it("aborts and awaits the others when one fails, then fails with its error", async () => {
  const log: string[] = [];
  const tasks = [untilAborted(log), failing, untilAborted(log)];
  await expect(runTasks(new AbortController().signal, tasks)).rejects.toThrow(RangeError);
  expect(log).toEqual(["ended", "ended"]);
});

it("takes nothing that is thrown after the abort for a failure", async () => {
  const stop = new AbortController();
  const running = runTasks(stop.signal, [complaining]);
  stop.abort();
  await expect(running).resolves.toBeUndefined();
});

it("leaves the others running when one ends by itself", async () => {
  const log: string[] = [];
  const stop = new AbortController();
  const short: Task = async () => {
    await Promise.resolve();
    log.push("short");
    setImmediate(() => stop.abort());
  };
  await runTasks(stop.signal, [short, untilAborted(log)]);
  expect(log).toEqual(["short", "ended"]);
});
