import { SeededRandom } from "../../../scripts/fuzz/random.ts";
import { answerOf } from "./crash-cases.ts";
import type { CrashChannel } from "./crash-channel.ts";
import { questionsOfRound, runCrashRound, type Part } from "./crash-round.ts";
import { countCalls, openCrashStage, type CrashStage } from "./crash-stage.ts";
import { dealCases, planRounds, planSeats } from "./fault-plan.ts";
import type { FaultFacts, FaultTurn, FreeTurn } from "./fault-totals.ts";

export interface FaultOptions {
  readonly channel: CrashChannel;
  /** Turns that are cut off, in all. */
  readonly turns: number;
  /** Most turns that stand still at one kill. */
  readonly parked: number;
  readonly seed: number;
  /** Empty; everything goes there. */
  readonly folder: string;
  /** Told of each stage. */
  readonly tell: (line: string) => void;
}

/** A question that somebody asked. */
interface Asked {
  readonly name: string;
  readonly count: number;
}

/**
 * Kills the real gateway again and again, each time with every person's turn at another point, until the wanted number
 * of turns was cut off. Counts at the end, over everything that was ever heard: what comes twice two kills later is
 * counted too.
 */
export async function runGatewayFaults(options: FaultOptions): Promise<FaultFacts> {
  const { turns, tell } = options;
  const random = new SeededRandom(options.seed, "gateway faults");
  const seats = planSeats(options.parked);
  await using stack = new AsyncDisposableStack();
  const stage = await openCrashStage(options.channel, options.folder, seats, stack);
  tell(`gateway ready, ${stage.players.length} people in contact`);
  const cut: (Asked & Pick<FaultTurn, "round" | "crashCase" | "owedId">)[] = [];
  const free: Asked[] = [];
  const rounds = planRounds(turns, seats.length);
  for (const [round, size] of rounds.entries()) {
    const cases = dealCases(seats, size, random);
    const parts = stage.players.flatMap((player, index): Part[] => {
      const crashCase = cases[index];
      return crashCase === undefined ? [] : [{ player, crashCase }];
    });
    const startedMs = Date.now();
    // One kill after the other: each has to be over before the next.
    const rows = await runCrashRound(stage, parts, round, (line) => tell(`  ${line}`));
    const [first, second] = questionsOfRound(round);
    for (const [index, { player, crashCase }] of parts.entries()) {
      const { name } = player.seat;
      cut.push({ name, count: first, round, crashCase, owedId: rows[index]?.owedId });
      free.push({ name, count: second });
    }
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(0);
    tell(`kill ${round + 1} of ${rounds.length}: ${parts.length} turns, settled in ${seconds} s`);
  }
  return {
    kills: rounds.length,
    turns: cut.map((asked) => Object.assign(asked, countOf(stage, asked))),
    freeTurns: free.map((asked) => countOf(stage, asked)),
    notices: stage.players.flatMap(({ heard }) =>
      heard.map(({ text }) => text).filter((text) => !text.startsWith("Answer ")),
    ),
  };
}

function countOf({ model, players }: CrashStage, { name, count }: Asked): FreeTurn {
  const answer = answerOf(name, count);
  const heard = players.find(({ seat }) => seat.name === name)?.heard ?? [];
  return {
    answers: heard.filter(({ text }) => text === answer).length,
    modelCalls: countCalls(model, name, count),
  };
}
