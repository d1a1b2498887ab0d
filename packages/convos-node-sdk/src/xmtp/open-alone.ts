import { setTimeout as sleep } from "node:timers/promises";
import { ConvosError } from "../errors.ts";
import { callXmtp, type CallLimits } from "./call-xmtp.ts";
import type { XmtpInbox } from "./port.ts";

/** Openings that were given up and may still be under way, by the path of the database. */
const givenUp = new Map<string, Promise<void>>();
/** How often as long as for an answer the next one waits for one of these; then no answer comes any more. */
const GIVEN_UP_PATIENCE = 5;

export interface OpeningLimits extends Pick<CallLimits, "signal"> {
  readonly answerMaxMs: number;
}

/**
 * Opens an inbox while nobody else in this process opens the same database. An opening that was given up goes on in XMTP's
 * library; a second one beside it would register a device of its own, and only one of the two would be kept. So the next one
 * waits until the other is over, and what that opened is closed.
 *
 * @throws ConvosError as of {@link callXmtp}, the wait included.
 */
export async function openAlone<T extends Pick<XmtpInbox, "close">>(
  databasePath: string,
  open: () => Promise<T>,
  limits: OpeningLimits,
): Promise<T> {
  const before = givenUp.get(databasePath);
  let isGivenUp = false;
  const openInTurn = async (): Promise<T> => {
    await before;
    if (isGivenUp) throw new ConvosError("closed", "open inbox: given up");
    return open();
  };
  const opening = openInTurn();
  try {
    return await callXmtp("open inbox", () => opening, limits);
  } catch (error) {
    isGivenUp = true;
    const ended = opening.then((late) => late.close()).catch(() => undefined);
    const lost = sleep(GIVEN_UP_PATIENCE * limits.answerMaxMs, undefined, { ref: false });
    const over = Promise.race([ended, lost]);
    givenUp.set(databasePath, over);
    void over.finally(() => {
      if (givenUp.get(databasePath) === over) givenUp.delete(databasePath);
    });
    throw error;
  }
}
