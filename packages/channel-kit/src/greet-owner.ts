// The greeting of a new owner. The host restarts the account for the new list, at a moment of its own, so the greeting
// belongs to no run of the account: whichever runs when the person is heard says it.
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { ChannelNames } from "./channel-names.ts";
import type { LiveAccountBasis, LiveAccounts } from "./live-accounts.ts";

const ASK_EVERY_MS = 250;
/** The wizard writes the new list at its end, which may be some questions away. */
const GIVE_UP_AFTER_MS = 15 * 60_000;

/** Whose channel, which of its accounts run, and where a greeting that was given up is told. */
export interface GreetingScope {
  readonly api: { readonly logger: Pick<OpenClawPluginApi["logger"], "warn"> };
  readonly names: ChannelNames;
  readonly accounts: Pick<LiveAccounts<LiveAccountBasis>, "find">;
}

export interface GreetingTimes {
  readonly askEveryMs?: number;
  readonly giveUpAfterMs?: number;
}

/** Greets once the gateway hears the person. Never rejects; a greeting that was given up is a line in the log. */
export async function greetOwner(
  { accounts, api, names }: GreetingScope,
  accountId: string,
  senderId: string,
  { askEveryMs = ASK_EVERY_MS, giveUpAfterMs = GIVE_UP_AFTER_MS }: GreetingTimes = {},
): Promise<void> {
  const deadlineMs = performance.now() + giveUpAfterMs;
  while (performance.now() < deadlineMs) {
    // An account that is closing says no by an error; the next one is asked.
    const isGreeted = await accounts
      .find(accountId)
      ?.welcomeOwner(senderId)
      .catch(() => false);
    if (isGreeted === true) return;
    // Nobody's reason to stay: a gateway that goes takes its greetings along.
    await sleep(askEveryMs, undefined, { ref: false });
  }
  api.logger.warn(
    `[${accountId}] the new owner was not greeted: this gateway does not hear him. Check: openclaw ${names.id} status`,
  );
}
