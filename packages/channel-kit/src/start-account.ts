// One account from the host's call to its end: its phrase, its status, and the words for what went wrong.
import { requireChannelRuntime } from "channel-access";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { createAccountStatusSink } from "openclaw/plugin-sdk/channel-outbound";
import { createRuntimeConfigReader } from "openclaw/plugin-sdk/runtime-config-snapshot";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { toStartError } from "./errors.ts";
import type { SecretGuard } from "./secret-rotation.ts";
import { createStatusReporter, type StatusReporter } from "./status-reporter.ts";

type StartAccount<TAccount> = NonNullable<
  NonNullable<ChannelPlugin<TAccount>["gateway"]>["startAccount"]
>;

/** What the host hands over when it starts an account. */
export type AccountContext<TAccount> = Parameters<StartAccount<TAccount>>[0];

/** Where an account writes what an operator may read. */
export type AccountLog = Readonly<Record<"debug" | "info" | "warn", (line: string) => void>>;

/** One start of an account, and what its rooms need of the host. */
export interface AccountStart<TAccount> {
  /** With its new recovery phrase, or the last good one. */
  readonly account: TAccount;
  readonly accountId: string;
  readonly stateDir: string;
  readonly channelRuntime: ReturnType<typeof requireChannelRuntime>;
  /** The configuration as it is now. */
  readonly readConfig: () => OpenClawConfig;
  readonly report: StatusReporter;
  readonly log: AccountLog;
  readonly onError: (error: unknown, what: string) => void;
  /** Told of a lock folder that cannot be used. */
  readonly onSkipped: (folder: string) => void;
  /** Aborts when the account has to stop. */
  readonly signal: AbortSignal;
}

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
  run: (start: AccountStart<TAccount>) => Promise<void>,
): Promise<void> {
  const { abortSignal, accountId, log, setStatus } = context;
  const sink = createAccountStatusSink({ accountId, setStatus });
  const report = createStatusReporter({ sink, log, accountId, network: channel.network });
  try {
    await secrets.runWithGoodSecret(
      context.account,
      (account) => run(describeStart({ ...context, account }, host.stateDir, report)),
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

function describeStart<TAccount>(
  { abortSignal, account, accountId, cfg, channelRuntime, log }: AccountContext<TAccount>,
  stateDir: string,
  report: StatusReporter,
): AccountStart<TAccount> {
  const warn = (line: string): void => log?.warn(`[${accountId}] ${line}`);
  return {
    account,
    accountId,
    stateDir,
    channelRuntime: requireChannelRuntime(channelRuntime),
    readConfig: createRuntimeConfigReader(cfg),
    report,
    log: {
      debug: (line) => log?.debug?.(`[${accountId}] ${line}`),
      info: (line) => log?.info(`[${accountId}] ${line}`),
      warn,
    },
    onError: (error, what) => report.trouble(what, error),
    onSkipped: (folder) => warn(`no lock in ${folder}: not ours`),
    signal: abortSignal,
  };
}
