import { expect, it } from "vitest";
import { createRevocationWatch } from "./revocation-watch.ts";

it("aborts all work of the one who lost access, tells it once, and leaves others alone", async () => {
  const allowed = new Set(["alice", "bob"]);
  const revoked: string[] = [];
  const watch = createRevocationWatch({
    isAdmitted: async (senderId) => allowed.has(senderId),
    onRevoked: (senderId) => revoked.push(senderId),
  });
  const first = watch.watch("alice");
  const second = watch.watch("alice");
  const other = watch.watch("bob");
  await watch.checkNow();
  expect([first.signal.aborted, second.signal.aborted]).toEqual([false, false]);
  allowed.delete("alice");
  await watch.checkNow();
  await watch.checkNow();
  expect([first, second, other].map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
  expect(revoked).toEqual(["alice"]);
});

it("does not look at people whose work has ended", async () => {
  const asked: string[] = [];
  const watch = createRevocationWatch({
    isAdmitted: async (senderId) => asked.push(senderId) > 0,
  });
  const work = watch.watch("alice");
  const other = watch.watch("bob");
  work[Symbol.dispose]();
  await watch.checkNow();
  expect(asked).toEqual(["bob"]);
  expect([watch.isWorking("alice"), watch.isWorking("bob")]).toEqual([false, true]);
  other[Symbol.dispose]();
});

it("lets the work go on while nobody can say, and aborts it when somebody can", async () => {
  const errors: unknown[] = [];
  let isReadable = false;
  const watch = createRevocationWatch({
    isAdmitted: async () => {
      if (!isReadable) throw new Error("locked");
      return false;
    },
    onError: (error) => errors.push(error),
    pollIntervalMs: 1,
  });
  const work = watch.watch("alice");
  await watch.checkNow();
  expect([work.signal.aborted, errors.length]).toEqual([false, 1]);
  isReadable = true;
  const stop = new AbortController();
  const running = watch.run({ signal: stop.signal });
  await new Promise((resolve) => {
    work.signal.addEventListener("abort", resolve, { once: true });
  });
  stop.abort();
  await running;
});
