import { setTimeout as sleep } from "node:timers/promises";
import type { WaitingSender, WaitingSenders } from "./waiting-senders.ts";

/** "Within seconds": an approval by the command line is noticed by looking, since it reaches no plugin. */
const DEFAULT_POLL_INTERVAL_MS = 2000;
/** Pause after a notice that failed; it doubles with every failure up to the longest one. */
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 5 * 60 * 1000;

export interface ApprovalWatcherOptions {
  readonly waiting: WaitingSenders;
  /** May this sender be heard now, by an approval or any other rule? The gate's answer to a message of his. */
  isAdmitted(senderId: string): Promise<boolean>;
  /**
   * Resolves when everything has arrived that this sender wrote by now. Until then he is not told: what he wrote while
   * he waited must not be taken for something he wrote afterwards. Rejects after a time of its own choice; the notice
   * is then tried again.
   */
  readAll(senderId: string): Promise<void>;
  /** The one form of an id, as for the sender identity. */
  normalize(text: string): string | undefined;
  /** Tells a sender that he may write now. `noticeId` is stable: as outbox queue id it makes the notice one. */
  tell(senderId: string, noticeId: string): Promise<void>;
  readonly pollIntervalMs?: number;
  /** A look or a notice that failed. A look is repeated at the next poll, a notice after 2 s doubling to 5 minutes. */
  onError?(error: unknown): void;
  /** Milliseconds of any origin. */
  now?(): number;
}

export interface ApprovalWatcher {
  /** Looks for approvals until `signal` aborts. Costs nothing while nobody waits. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Looks once. @returns How many senders were told. */
  checkNow(): Promise<number>;
  /** Tells one sender, if he still waits: for an approval that the host does report. */
  tellOnce(senderId: string): Promise<boolean>;
}

/** Tells senders about their approval, whichever way it was given. */
export function createApprovalWatcher(options: ApprovalWatcherOptions): ApprovalWatcher {
  const { waiting } = options;
  const telling = new Map<string, Promise<boolean>>();
  const failures = new Map<string, Failure>();
  const now = (): number => options.now?.() ?? performance.now();

  // Ended only after the notice was accepted: a crash in between repeats it under the same id.
  async function tell({ senderId, noticeId }: WaitingSender): Promise<boolean> {
    // He may have been told while somebody looked.
    if (!waiting.list().some((sender) => sender.noticeId === noticeId)) return false;
    await options.readAll(senderId);
    waiting.markRead(senderId);
    await options.tell(senderId, `pairing-approved:${noticeId}`);
    return waiting.endWait(senderId);
  }

  function tellShared(sender: WaitingSender): Promise<boolean> {
    let notice = telling.get(sender.senderId);
    if (notice === undefined) {
      notice = tell(sender).finally(() => telling.delete(sender.senderId));
      telling.set(sender.senderId, notice);
    }
    return notice;
  }

  async function checkNow(): Promise<number> {
    const senders = waiting.list();
    if (senders.length === 0) {
      failures.clear();
      return 0;
    }
    const admitted = await Promise.all(
      senders.map(async (sender) => ((await options.isAdmitted(sender.senderId)) ? sender : [])),
    );
    const notices = admitted
      .flat()
      .filter(({ noticeId }) => (failures.get(noticeId)?.retryAtMs ?? now()) <= now())
      .map(async (sender) => {
        try {
          const isTold = await tellShared(sender);
          failures.delete(sender.noticeId);
          return isTold;
        } catch (error) {
          failures.set(sender.noticeId, failAgain(failures.get(sender.noticeId), now()));
          options.onError?.(error);
          return false;
        }
      });
    return (await Promise.all(notices)).filter(Boolean).length;
  }

  return {
    checkNow,
    tellOnce: async (rawSenderId) => {
      const wanted = options.normalize(rawSenderId);
      const sender = waiting.list().find(({ senderId }) => options.normalize(senderId) === wanted);
      return sender === undefined ? false : tellShared(sender);
    },
    run: async ({ signal }) => {
      while (!signal.aborted) {
        try {
          await checkNow();
        } catch (error) {
          options.onError?.(error);
        }
        await pause(options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS, signal);
      }
    },
  };
}

interface Failure {
  readonly pauseMs: number;
  readonly retryAtMs: number;
}

function failAgain(before: Failure | undefined, nowMs: number): Failure {
  const pauseMs =
    before === undefined ? FIRST_RETRY_MS : Math.min(before.pauseMs * 2, LONGEST_RETRY_MS);
  return { pauseMs, retryAtMs: nowMs + pauseMs };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    // Not kept alive by this alone: a process that has nothing else to do may end.
    await sleep(ms, undefined, { signal, ref: false });
  } catch {
    // Aborted: the loop ends by itself.
  }
}
