import { requireChannelRuntime } from "channel-access";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { createRuntimeConfigReader } from "openclaw/plugin-sdk/runtime-config-snapshot";
import type { AccountContext } from "./start-account.ts";
import type { StatusReporter } from "./status-reporter.ts";

/** Where an account writes what an operator may read. */
export type AccountLog = Readonly<Record<"debug" | "info" | "warn", (line: string) => void>>;

/** What the rooms of a running account need of the host. */
export interface AccountTools {
  readonly channelRuntime: ReturnType<typeof requireChannelRuntime>;
  /** The configuration as it is now. */
  readonly readConfig: () => OpenClawConfig;
  readonly log: AccountLog;
  readonly onError: (error: unknown, what: string) => void;
  /** For a lock folder that cannot be used. */
  readonly onSkipped: (folder: string) => void;
}

/** @param isVerbose - Writes what is for debugging as if it were news. */
export function createAccountTools<TAccount>(
  { accountId, cfg, channelRuntime, log }: AccountContext<TAccount>,
  report: Pick<StatusReporter, "trouble">,
  isVerbose = false,
): AccountTools {
  const info = (line: string): void => log?.info(`[${accountId}] ${line}`);
  const warn = (line: string): void => log?.warn(`[${accountId}] ${line}`);
  return {
    channelRuntime: requireChannelRuntime(channelRuntime),
    readConfig: createRuntimeConfigReader(cfg),
    log: {
      debug: isVerbose ? info : (line) => log?.debug?.(`[${accountId}] ${line}`),
      info,
      warn,
    },
    onError: (error, what) => report.trouble(what, error),
    onSkipped: (folder) => warn(`no lock in ${folder}: not ours`),
  };
}
