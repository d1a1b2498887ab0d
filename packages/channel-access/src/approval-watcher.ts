import { setTimeout as sleep } from "node:timers/promises";
import type { WaitingSender, WaitingSenders } from "./waiting-senders.ts";

/** "Within seconds": an approval by the command line is noticed by looking, since it reaches no plugin. */
const DEFAULT_POLL_INTERVAL_MS = 2000;

export interface ApprovalWatcherOptions {
  readonly waiting: WaitingSenders;
  /** Approved entries, e.g. `() => readChannelAllowFromStore(channelId, process.env, accountId)` of the host. */
  readApproved(): Promise<readonly string[]>;
  /** The one form of an id, as for the sender identity. */
  normalize(text: string): string | undefined;
  /** Tells a sender that he may write now. `noticeId` is stable: as outbox queue id it makes the notice one. */
  tell(senderId: string, noticeId: string): Promise<void>;
  readonly pollIntervalMs?: number;
  /** A look or a notice that failed; it is tried again at the next poll. */
  onError?(error: unknown): void;
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

  // Removed only after the notice was accepted: a crash in between repeats it under the same id.
  async function tell({ senderId, noticeId }: WaitingSender): Promise<boolean> {
    await options.tell(senderId, `pairing-approved:${noticeId}`);
    return waiting.remove(senderId);
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
      return 0;
    }
    const entries = await options.readApproved();
    const approved = new Set(entries.map((entry) => options.normalize(entry)));
    const notices = senders
      .filter(({ senderId }) => approved.has(options.normalize(senderId)))
      .map(async (sender) => {
        try {
          return await tellShared(sender);
        } catch (error) {
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

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    // Not kept alive by this alone: a process that has nothing else to do may end.
    await sleep(ms, undefined, { signal, ref: false });
  } catch {
    // Aborted: the loop ends by itself.
  }
}
