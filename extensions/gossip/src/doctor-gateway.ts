// Findings that only the running gateway knows, and of these what only Gossip has.
import * as kit from "channel-kit/terminal";
import * as z from "zod";
import { GOSSIP } from "./config-schema.ts";
import { describeOldCopy, OLD_COPY_ADVICE } from "./old-copy.ts";
import { isClockWrong } from "./status-line.ts";

const FiguresSchema = z.looseObject({
  forkNoticedAtMs: z.number().nullish(),
  clockOffsetMs: z.number().nullish(),
});

/** Asks the running gateway, see {@link kit.inspectGateway}. */
export function inspectGateway(ask?: kit.AskGateway): Promise<kit.Finding[]> {
  return kit.inspectGateway(GOSSIP, inspectFigures, ask);
}

function inspectFigures(
  application: Readonly<Record<string, unknown>>,
  note: kit.NoteFinding,
): void {
  const figures = FiguresSchema.safeParse(application);
  if (!figures.success) return;
  const { clockOffsetMs, forkNoticedAtMs } = figures.data;
  const oldCopy = describeOldCopy({ forkNoticedAtMs }, Date.now());
  if (oldCopy !== undefined) note("old-copy", `${oldCopy}.`, OLD_COPY_ADVICE);
  if (typeof clockOffsetMs === "number" && isClockWrong(clockOffsetMs)) {
    const seconds = Math.round(Math.abs(clockOffsetMs) / 1000);
    note(
      "clock-skew",
      `this machine's clock differs by ${seconds} s from the relay's; people may drop what the bot sends.`,
      "timedatectl set-ntp true",
    );
  }
}
