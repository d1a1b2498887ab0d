/** A task that runs until its signal aborts. */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side until `signal` aborts or the first of them ends. Then the others are aborted and awaited.
 *
 * @throws What the first failing task threw, unless `signal` had aborted before.
 */
export async function runTogether(signal: AbortSignal, tasks: readonly Task[]): Promise<void> {
  const ending = new AbortController();
  const joined = AbortSignal.any([signal, ending.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(joined);
      } catch (error) {
        // After the end has come, an error only says so.
        if (!joined.aborted) failures.push(error);
      } finally {
        ending.abort();
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/**
 * Runs `main` beside `companion`, which outlives it: `companion` is aborted when `main` has ended. When `companion`
 * ends first, the signal of `main` aborts.
 *
 * @throws What `companion` threw before its end was asked for, else what `main` threw.
 */
export async function runBeside(companion: Task, main: Task): Promise<void> {
  const mainEnded = new AbortController();
  const companionEnded = new AbortController();
  const failures: unknown[] = [];
  const accompanying = companion(mainEnded.signal)
    .catch((error: unknown) => {
      if (!mainEnded.signal.aborted) failures.push(error);
    })
    .finally(() => companionEnded.abort());
  try {
    await main(companionEnded.signal);
  } catch (error) {
    failures.push(error);
  } finally {
    mainEnded.abort();
    await accompanying;
  }
  if (failures.length > 0) throw failures[0];
}

/** A signal that aborts `delayMs` after another one does. */
export function afterAbort(signal: AbortSignal, delayMs: number): AbortSignal {
  const delayed = new AbortController();
  const arm = (): void => {
    setTimeout(() => delayed.abort(), delayMs).unref();
  };
  if (signal.aborted) arm();
  else signal.addEventListener("abort", arm, { once: true });
  return delayed.signal;
}
