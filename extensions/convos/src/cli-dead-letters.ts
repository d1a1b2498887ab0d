// `openclaw convos dead-letters`.
import * as kit from "channel-kit/terminal";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { readSender } from "./dead-letters.ts";

type Context = kit.CliContext<ResolvedConvosAccount>;

const lend =
  (context: Context): kit.LendDeadLetters =>
  (use) =>
    kit.withStoppedDeadLetters({ ...context, channel: convosChannel }, readSender, use);

export const listDeadLetters = (context: Context): Promise<kit.CliAnswer> =>
  kit.listDeadLetters(context, lend(context));

export const retryDeadLetter = (context: Context, id: string): Promise<kit.CliAnswer> =>
  kit.retryDeadLetter(context, id, lend(context));

export const dropDeadLetter = (context: Context, id: string): Promise<kit.CliAnswer> =>
  kit.dropDeadLetter(context, id, lend(context));
