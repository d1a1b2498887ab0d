import { clearBootHistory, withDeadline } from "channel-testing";
import { answerOf, questionOf, type CrashCase } from "./crash-cases.ts";
import type { Hang, Player } from "./crash-channel.ts";
import { findDeliveryId, readDeliveries, untilDeliveriesEnd } from "./crash-deliveries.ts";
import { toCrashRow, type CrashRow } from "./crash-report.ts";
import { countCalls, subjectOf, type CrashStage } from "./crash-stage.ts";

const PARK_TIMEOUT_MS = 120_000;
/** The host leaves a send of a dead gateway alone for 60 s after its last sign of life. */
const RECOVERY_TIMEOUT_MS = 150_000;
/** Slow is not lost: on a busy machine the last of a score of answers comes late, and the time is told. */
const ANSWER_TIMEOUT_MS = 150_000;

/** Who stands where in this round. */
export interface Part {
  readonly player: Player;
  readonly crashCase: CrashCase;
}

/** The numbers of the two questions that everybody asks in a round; rounds count from 0. */
export function questionsOfRound(round: number): readonly [first: number, second: number] {
  return [2 * round + 1, 2 * round + 2];
}

/**
 * Stops every person's turn at its own point, kills the gateway once, starts it again, and lets everybody ask once more.
 * When it returns nothing is under way any more, so that the next kill meets only its own turns.
 *
 * @param tell - Told of each stage.
 */
export async function runCrashRound(
  stage: CrashStage,
  parts: readonly Part[],
  round: number,
  tell: (line: string) => void,
): Promise<CrashRow[]> {
  const [first, second] = questionsOfRound(round);
  const { database } = stage.host.paths;
  const heardBefore = new Map(parts.map(({ player }) => [player, player.heard.length]));
  const unpark = await parkTurns(parts, stage, first, tell);
  const owed = readDeliveries(database, stage.channel);
  await stage.gateway.kill();
  tell("killed");
  unpark();
  const writeAgain = parts.filter(({ crashCase }) => crashCase.writesAgain);
  await Promise.all(writeAgain.map((part) => ask(part, second)));
  clearBootHistory(stage.host.paths);

  const restartedAtMs = Date.now();
  await bootThroughOutage(stage, round, tell);
  tell(`gateway ready again after ${((Date.now() - restartedAtMs) / 1000).toFixed(1)} s`);
  const mustAnswer = parts.filter(({ crashCase }) => !crashCase.mayLose);
  const unanswered = await untilAnswered(mustAnswer, first, RECOVERY_TIMEOUT_MS);
  tell(describeAnswers("first", unanswered));
  const writeLater = parts.filter(({ crashCase }) => !crashCase.writesAgain);
  await Promise.all(writeLater.map((part) => ask(part, second)));
  tell(describeAnswers("second", await untilAnswered(parts, second, ANSWER_TIMEOUT_MS)));

  // What the host still wants to send would come after the count.
  const signal = AbortSignal.timeout(RECOVERY_TIMEOUT_MS);
  const failed = await untilDeliveriesEnd(database, stage.channel, signal);
  await Promise.all(parts.map(({ player }) => player.catchUp()));
  return parts.map(({ player, crashCase }) => {
    const { conversation, heard, seat } = player;
    return toCrashRow(crashCase, {
      heard: heard.slice(heardBefore.get(player)),
      answers: [answerOf(seat.name, first), answerOf(seat.name, second)],
      restartedAtMs,
      modelCalls: [
        countCalls(stage.model, seat.name, first),
        countCalls(stage.model, seat.name, second),
      ],
      owedId: findDeliveryId(owed, conversation),
      failedId: findDeliveryId(failed, conversation),
    });
  });
}

/** A network that can go away does, with each kill: it comes back before the gateway starts, or when it has started. */
async function bootThroughOutage(
  stage: CrashStage,
  round: number,
  tell: (line: string) => void,
): Promise<void> {
  const { outage } = stage.network;
  const isBackFirst = round % 2 === 1;
  const end = async (): Promise<void> => {
    if (outage === undefined) return;
    await outage.end();
    tell(`network back ${isBackFirst ? "before the gateway" : "after the gateway has started"}`);
  };
  await outage?.begin();
  if (isBackFirst) await end();
  await stage.boot();
  if (!isBackFirst) await end();
}

function ask({ player }: Part, count: number): Promise<void> {
  return player.say(questionOf(player.seat.name, count));
}

/** @returns How to let everything go that stands still. */
async function parkTurns(
  parts: readonly Part[],
  { network, control, model }: CrashStage,
  count: number,
  tell: (line: string) => void,
): Promise<() => void> {
  const hangs: Hang[] = [];
  const park = ({ player, crashCase: { stop } }: Part): Promise<unknown> => {
    const { conversation, seat } = player;
    if (stop.kind === "checkpoint") return control.park(stop.at, conversation);
    if (stop.kind === "model") {
      const isAsked = model.park((request) => {
        const subject = subjectOf(request);
        return subject?.name === seat.name && subject.count === count;
      });
      return isAsked.arrived;
    }
    const hang = network.hangAnswer(player, stop.applied);
    hangs.push(hang);
    return hang.reached;
  };
  const parkAndAsk = async (group: readonly Part[]): Promise<void> => {
    await Promise.all(
      group.map(async (part) => {
        const { point } = part.crashCase;
        const standing = Promise.all([park(part), ask(part, count)]);
        await withDeadline(standing, PARK_TIMEOUT_MS, `the turn of "${point}"`);
        tell(`stands: ${point}`);
      }),
    );
  };
  const isAtNetwork = ({ crashCase }: Part): boolean => crashCase.stop.kind === "network";
  await parkAndAsk(parts.filter((part) => !isAtNetwork(part)));
  // Last, because a request that gets no answer ends by itself after ten seconds.
  await parkAndAsk(parts.filter(isAtNetwork));
  return () => {
    for (const hang of hangs) hang.remove();
    control.release();
  };
}

/** @returns Names of those who got no answer in time; what became of it shows in the count. */
async function untilAnswered(
  parts: readonly Part[],
  count: number,
  timeoutMs: number,
): Promise<string[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const waits = parts.map(({ player }) =>
    player.whenHeard(answerOf(player.seat.name, count), signal),
  );
  const settled = await Promise.allSettled(waits);
  return parts
    .filter((_, index) => settled[index]?.status === "rejected")
    .map(({ player }) => player.seat.name);
}

function describeAnswers(which: "first" | "second", unanswered: readonly string[]): string {
  return unanswered.length === 0
    ? `every ${which} question answered`
    : `${which} questions not answered in time: ${unanswered.join(", ")}`;
}
