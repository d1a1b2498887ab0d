// One account from the host's call to its end: its phrase, its status, and the words for what went wrong.
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { createAccountStatusSink } from "openclaw/plugin-sdk/channel-outbound";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { toStartError } from "./errors.ts";
import type { SecretGuard } from "./secret-rotation.ts";
import { createStatusReporter, type StatusReporter } from "./status-reporter.ts";

type StartAccount<TAccount> = NonNullable<
  NonNullable<ChannelPlugin<TAccount>["gateway"]>["startAccount"]
>;

/** What the host hands over when it starts an account. */
export type AccountContext<TAccount> = Parameters<StartAccount<TAccount>>[0];

/**
 * Runs one account until the host aborts it, with its new recovery phrase or the last good one.
 *
 * @param host - Where the account keeps its state.
 * @param run - Opens everything and closes it before it settles.
 * @throws ChannelKitError when the account cannot start. The host shows the message, and tries again unless the status
 * says that only the operator can help.
 */
export async function startAccount<TAccount extends ChannelAccount>(
  channel: AccountChannel<TAccount>,
  secrets: Pick<SecretGuard<TAccount>, "runWithGoodSecret">,
  context: AccountContext<TAccount>,
  host: { readonly stateDir: string },
  run: (context: AccountContext<TAccount>, report: StatusReporter) => Promise<void>,
): Promise<void> {
  const { abortSignal, accountId, log, setStatus } = context;
  const sink = createAccountStatusSink({ accountId, setStatus });
  const report = createStatusReporter({ sink, log, accountId, network: channel.network });
  try {
    await secrets.runWithGoodSecret(
      context.account,
      (account) => run({ ...context, account }, report),
      (line) => log?.warn(`[${accountId}] ${line}`),
    );
  } catch (error) {
    // A stop during the start is a stop.
    if (abortSignal.aborted) return;
    const failure = toStartError(error, {
      channelId: channel.id,
      own: channel.startFailures,
      stateDir: host.stateDir,
    });
    report.failed(failure);
    throw failure;
  }
}
