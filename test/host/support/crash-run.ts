import { CRASH_CASES } from "./crash-cases.ts";
import type { CrashChannel } from "./crash-channel.ts";
import type { CrashRow } from "./crash-report.ts";
import { runCrashRound } from "./crash-round.ts";
import { openCrashStage } from "./crash-stage.ts";

/**
 * One kill with one turn at every point.
 *
 * @param folder - Empty; the host, the plugin and everybody's state go there.
 * @param tell - Told of each stage.
 */
export async function runGatewayCrash(
  channel: CrashChannel,
  folder: string,
  tell: (line: string) => void,
): Promise<CrashRow[]> {
  await using stack = new AsyncDisposableStack();
  const stage = await openCrashStage(channel, folder, CRASH_CASES, stack);
  tell(`gateway ready, ${stage.players.length} people in contact`);
  const parts = CRASH_CASES.flatMap((crashCase, index) => {
    const player = stage.players[index];
    return player === undefined ? [] : [{ player, crashCase }];
  });
  return await runCrashRound(stage, parts, 0, tell);
}
