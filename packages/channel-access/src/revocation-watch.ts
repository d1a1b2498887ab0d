import { setTimeout as sleep } from "node:timers/promises";

/** Somebody who loses access while the agent works for him is cut off within two seconds: looked at once a second. */
const DEFAULT_POLL_INTERVAL_MS = 1000;

export interface RevocationWatchOptions {
  /** May this sender be heard now? The gate's answer to a message of his. */
  isAdmitted(senderId: string): Promise<boolean>;
  /** Told once per loss, after the work was aborted: to drop what else waits for the sender. */
  onRevoked?(senderId: string): void;
  readonly pollIntervalMs?: number;
  /** Access that could not be asked for. The work goes on, and is looked at again. */
  onError?(error: unknown): void;
}

/** Work done for a sender. Dispose of it when the work ends. */
export interface WatchedWork extends Disposable {
  /** Aborts when the sender loses access. */
  readonly signal: AbortSignal;
}

export interface RevocationWatch {
  watch(senderId: string): WatchedWork;
  /** Is any work for this sender watched? */
  isWorking(senderId: string): boolean;
  /** Looks until `signal` aborts. Costs nothing while no work is watched. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Looks once. */
  checkNow(): Promise<void>;
}

/** Ends work for people who lose access meanwhile: by an edit of the list, of the policy, or of the approvals. */
export function createRevocationWatch(options: RevocationWatchOptions): RevocationWatch {
  const working = new Map<string, Set<AbortController>>();

  async function check(senderId: string): Promise<void> {
    try {
      if (await options.isAdmitted(senderId)) return;
      const controllers = working.get(senderId);
      if (controllers === undefined) return;
      working.delete(senderId);
      for (const controller of controllers) controller.abort(new Error("access was taken away"));
      options.onRevoked?.(senderId);
    } catch (error) {
      options.onError?.(error);
    }
  }

  async function checkNow(): Promise<void> {
    await Promise.all([...working.keys()].map((senderId) => check(senderId)));
  }

  return {
    watch: (senderId) => {
      const controller = new AbortController();
      const controllers = working.get(senderId) ?? new Set();
      working.set(senderId, controllers.add(controller));
      return {
        signal: controller.signal,
        [Symbol.dispose]: () => {
          controllers.delete(controller);
          if (controllers.size === 0 && working.get(senderId) === controllers) {
            working.delete(senderId);
          }
        },
      };
    },
    isWorking: (senderId) => working.has(senderId),
    checkNow,
    run: async ({ signal }) => {
      while (!signal.aborted) {
        await checkNow();
        try {
          await sleep(options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS, undefined, {
            signal,
            ref: false,
          });
        } catch {
          // Aborted: the loop ends by itself.
        }
      }
    },
  };
}
