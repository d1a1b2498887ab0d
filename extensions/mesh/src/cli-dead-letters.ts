// `openclaw mesh dead-letters`.
import * as kit from "channel-kit/terminal";
import type { CliAnswer, CliContext } from "./cli-io.ts";
import { withStoppedDeadLetters } from "./stopped-account.ts";

export const listDeadLetters = (context: CliContext): Promise<CliAnswer> =>
  kit.listDeadLetters(context, (use) => withStoppedDeadLetters(context, use));

export const retryDeadLetter = (context: CliContext, id: string): Promise<CliAnswer> =>
  kit.retryDeadLetter(context, id, (use) => withStoppedDeadLetters(context, use));

export const dropDeadLetter = (context: CliContext, id: string): Promise<CliAnswer> =>
  kit.dropDeadLetter(context, id, (use) => withStoppedDeadLetters(context, use));
