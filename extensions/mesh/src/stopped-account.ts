import type { DeadLetterDesk } from "channel-kit";
import * as kit from "channel-kit/terminal";
import { meshChannel } from "./account-channel.ts";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { readSender } from "./dead-letters.ts";

/** Lends the dead letters of an account, see {@link kit.withStoppedDeadLetters}. */
export function withStoppedDeadLetters<T>(
  options: { readonly stateDir: string; readonly account: ResolvedMeshAccount },
  use: (desk: DeadLetterDesk) => Promise<T>,
): Promise<T> {
  return kit.withStoppedDeadLetters({ ...options, channel: meshChannel }, readSender, use);
}
