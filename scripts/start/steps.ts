/** A step that did not happen: which, why, and the command to type next. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly title: string;
  readonly next: string;

  constructor(title: string, next: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.title = title;
    this.next = next;
  }
}

/** Somebody ended the run: not a failure of the step that was under way. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`ended by ${signal}`);
    // What a shell reports for a process that a signal ended.
    this.exitCode = 128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal];
  }
}

interface Step<T> {
  readonly title: string;
  /** The command to type when this step fails. */
  readonly next: string;
  readonly run: () => Promise<T>;
  /** What to say about the result, on the step's own line. */
  readonly detail?: (result: T) => string;
}

export interface StepRunner {
  /** Steps that happened so far. */
  readonly count: number;
  /** Runs one step and prints its line. @throws {@link StepError} | {@link Interrupted}. */
  run<T>(step: Step<T>): Promise<T>;
}

/** Runs steps one after the other and prints `[ 12.3 s] title: detail (1.2 s)` for each. */
export function createStepRunner(options: {
  print: (line: string) => void;
  /** Milliseconds, only ever growing. */
  now: () => number;
  signal: AbortSignal;
}): StepRunner {
  const { print, now, signal } = options;
  const startedAt = now();
  let count = 0;
  return {
    get count() {
      return count;
    },
    async run(step) {
      const stepStartedAt = now();
      try {
        const result = await untilAborted(step.run(), signal);
        count += 1;
        const detail = step.detail === undefined ? "" : `: ${step.detail(result)}`;
        const total = seconds(now() - startedAt).padStart(5);
        print(`[${total} s] ${step.title}${detail} (${seconds(now() - stepStartedAt)} s)`);
        return result;
      } catch (error) {
        // What aborted the run is the reason; the step's own error only follows from it.
        const reason: unknown = signal.aborted ? signal.reason : error;
        if (reason instanceof Interrupted) throw reason;
        throw new StepError(step.title, step.next, reason);
      }
    },
  };
}

/** Rejects with the signal's reason as soon as it aborts; what `work` still does is for its owner to end. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const listener = (): void => reject(signal.reason);
  if (signal.aborted) listener();
  signal.addEventListener("abort", listener, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", listener);
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
