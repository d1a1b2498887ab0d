// Setting an account up by options: no questions, one result.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import type { AccountChannel } from "./account-channel.ts";
import { ChannelKitError } from "./errors.ts";
import { isBackupConfirmed } from "./identity-file.ts";
import { describeSecretMove } from "./secret-move.ts";
import { adviseScope, applyScope, type ScopedChannel } from "./session-scope.ts";
import type { SetupRules } from "./setup-adapter.ts";
import { provisionIdentity, readPhraseFile, type ProvisionedIdentity } from "./setup-provision.ts";
import { writeConfig } from "./write-config.ts";

export interface ProvisionedAccount {
  readonly userId: string;
  readonly identity: ProvisionedIdentity["identity"];
  readonly folder: string;
  readonly backupConfirmed: boolean;
}

/**
 * Makes the identity of an account exist, from the words in a file if one is named, see {@link provisionIdentity}.
 *
 * @returns undefined when a secret reference names the identity, which only the gateway resolves.
 */
export async function provisionFromFile(
  channel: AccountChannel,
  cfg: OpenClawConfig,
  accountId: string,
  mnemonicFile: string | undefined,
): Promise<ProvisionedAccount | undefined> {
  const words =
    mnemonicFile === undefined ? undefined : await readPhraseFile(channel, mnemonicFile);
  const done = await provisionIdentity({
    channel,
    cfg,
    accountId,
    stateDir: resolveStateDir(process.env),
    now: Date.now,
    ...(words === undefined ? {} : { words }),
  });
  if (done === undefined) return undefined;
  const { path: folder, record } = done.folder;
  const { identity } = done;
  return { userId: record.userId, identity, folder, backupConfirmed: isBackupConfirmed(record) };
}

/** An option of the channel's own command. `openclaw channels add` writes the channel's section alone. */
export interface ScopeChoice {
  /** A value of `session.dmScope`; default: what the wizard does without a question. */
  readonly dmScope?: string;
}

/** Who shares a conversation with the agent now. */
export interface SettledScope {
  /** `session.dmScope`, as it was written. */
  readonly dmScope: string;
  /** What is left to decide, for the operator. */
  readonly advice: readonly string[];
}

/**
 * Makes the identity, then writes the configuration.
 *
 * @param provision - Gets the configuration with the options in it.
 * @throws ChannelKitError `config_invalid` for refused options; what `provision` throws.
 */
export async function setUpUnattended<TInput extends ScopeChoice, TDone>(
  channel: Omit<SetupRules<TInput>, "load"> & ScopedChannel,
  cfg: OpenClawConfig,
  accountId: string,
  input: TInput,
  provision: (next: OpenClawConfig) => Promise<TDone>,
  write = writeConfig,
): Promise<{ readonly done: TDone; readonly scope: SettledScope }> {
  const problem = channel.validate(cfg, accountId, input);
  if (problem !== null) throw new ChannelKitError("config_invalid", `${channel.id}: ${problem}`);
  const change = (current: OpenClawConfig): OpenClawConfig =>
    applyScope(channel, channel.apply(current, accountId, input), input.dmScope);
  // The identity first: when that fails, nothing is switched on.
  let next = change(cfg);
  const done = await provision(next);
  await write((current) => (next = change(current)));
  const advice = input.dmScope === undefined ? adviseScope(channel, next) : [];
  return { done, scope: { dmScope: next.session?.dmScope ?? "main", advice } };
}

/** Lines about the words of a new account: where they are, and that nobody has them yet. */
export function describeWords(
  channel: Pick<AccountChannel, "id" | "phraseVariable">,
  accountId: string,
  { backupConfirmed, identity }: Pick<ProvisionedAccount, "backupConfirmed" | "identity">,
  mnemonicFile: string | undefined,
): string[] {
  return [
    ...(identity === "restored"
      ? [
          "The words are in session.json in clear text. To keep them in OpenClaw's secret store instead:",
          ...describeSecretMove(channel, accountId, mnemonicFile),
        ]
      : []),
    ...(backupConfirmed
      ? []
      : [`Nobody has its recovery words yet: openclaw ${channel.id} backup`]),
  ];
}
