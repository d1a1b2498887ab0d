// What `openclaw channels status` and the Control UI list below an account: each with its next command.
import type {
  ChannelAccountSnapshot,
  ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import { isClockWrong } from "./status-line.ts";

const HealthSchema = z.looseObject({
  deadLetters: z.number(),
  waitingOutbound: z.number(),
  lastErrorCode: z.string().optional(),
  clockOffsetMs: z.number().optional(),
});

/** A green relay hides nothing: what was given up and a wrong clock are said on their own. */
export function collectHealthIssues(account: ChannelAccountSnapshot): ChannelStatusIssue[] {
  const parsed = HealthSchema.safeParse(account.application);
  if (!parsed.success) return [];
  const { clockOffsetMs, deadLetters, lastErrorCode, waitingOutbound } = parsed.data;
  const issues: ChannelStatusIssue[] = [];
  const add = (message: string, fix: string): void => {
    const { accountId } = account;
    issues.push({ channel: CHANNEL_ID, accountId, kind: "runtime", message, fix });
  };
  if (deadLetters > 0) {
    add(
      `${deadLetters} ${deadLetters === 1 ? "message" : "messages"} came in and had to be given up`,
      "Look at them: openclaw gossip dead-letters list",
    );
  }
  if (lastErrorCode !== undefined && waitingOutbound > 0) {
    add(
      `the relay does not answer (${lastErrorCode}), ${waitingOutbound} replies wait and go out by themselves`,
      "See since when: openclaw gossip status",
    );
  }
  if (isClockWrong(clockOffsetMs)) {
    add(
      "this machine's clock differs from the relay's by more than 30 s; people may drop what the bot sends",
      "Set the clock, e.g. timedatectl set-ntp true",
    );
  }
  return issues;
}
