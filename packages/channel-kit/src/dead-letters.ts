// Messages that came in and were given up, for the operator: what there is, again, or away with it.
import { tryParseStoredIngressEvent, type Erasure, type OperatorView } from "channel-durability";

/** A dead letter without its contents. */
export interface DeadLetter {
  readonly id: string;
  /** User id of who wrote it; undefined when its contents are gone. */
  readonly from: string | undefined;
  readonly receivedAt: string;
  readonly failedAt: string;
  readonly attempts: number;
  readonly reason: string;
}

/** How a wish about one dead letter ended; `not-found` also when it was settled meanwhile. */
export type DeadLetterOutcome = "done" | "not-found" | "unrecoverable";

export interface DeadLetterDesk {
  list(): Promise<readonly DeadLetter[]>;
  /** Puts it back into the queue; a running account takes it up at once, another at its next start. */
  retry(id: string): Promise<DeadLetterOutcome>;
  /** Deletes its contents for good. */
  drop(id: string): Promise<DeadLetterOutcome>;
}

export function createDeadLetterDesk(
  view: Pick<OperatorView, "listDeadLetters" | "resubmitDeadLetter">,
  erasure: Pick<Erasure, "eraseEvent">,
): DeadLetterDesk {
  const list = async (): Promise<DeadLetter[]> => {
    const letters = await view.listDeadLetters("all");
    return letters.map(({ attempts, failedAtMs, id, reason, receivedAtMs, sender }) => ({
      id,
      from: sender,
      receivedAt: new Date(receivedAtMs).toISOString(),
      failedAt: new Date(failedAtMs).toISOString(),
      attempts,
      reason,
    }));
  };
  return {
    list,
    retry: async (id) => {
      const outcome = await view.resubmitDeadLetter(id);
      if (outcome === "resubmitted") return "done";
      return outcome === "unrecoverable" ? "unrecoverable" : "not-found";
    },
    drop: async (id) => {
      // What merely waits is not dropped by this: it is no dead letter.
      const isDead = (await list()).some((letter) => letter.id === id);
      return isDead && erasure.eraseEvent(id) > 0 ? "done" : "not-found";
    },
  };
}

/**
 * For {@link OperatorView}: reads who wrote a stored event.
 *
 * @param parseSender - Takes the facts as the channel's codec stored them. @throws On damaged facts.
 */
export function createSenderReader(
  parseSender: (rawEvent: string) => string,
): (payload: unknown) => string | undefined {
  return (payload) => {
    const stored = tryParseStoredIngressEvent(payload);
    if (stored === undefined) return undefined;
    try {
      return parseSender(stored.rawEvent);
    } catch {
      // Damaged facts are one reason to be a dead letter.
      return undefined;
    }
  };
}
