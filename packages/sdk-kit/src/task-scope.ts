/** One long-running part of something larger; ends when its signal aborts, rejects only for a bug or a lost store. */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side until the signal aborts. When one rejects, the others are aborted and awaited before the
 * scope settles with its error; a task that ends by itself leaves the others running.
 */
export async function runTasks(signal: AbortSignal, tasks: readonly Task[]): Promise<void> {
  const stop = new AbortController();
  const joined = AbortSignal.any([signal, stop.signal]);
  let failed = false;
  let failure: unknown;
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(joined);
      } catch (error) {
        // What ends because it was told to is no failure, whatever it throws.
        if (!failed && !joined.aborted) {
          failed = true;
          failure = error;
          stop.abort();
        }
      }
    }),
  );
  if (failed) throw failure;
}
