// How every wizard begins: which account, and what the steps work with.
import { promptAccountId } from "openclaw/plugin-sdk/setup";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { findTerminal } from "./private-screen.ts";
import { describeSecretMove } from "./secret-move.ts";
import type { SetupContext, SetupIo, SetupPrompter } from "./setup-io.ts";

/** A wizard in a browser runs in the gateway, whose terminal is somebody else's. */
export function isRemote({ cancel, deviceCode }: SetupPrompter): boolean {
  return cancel !== undefined || deviceCode !== undefined;
}

export function openSetupIo(channelId: string, context: SetupContext): SetupIo {
  const { prompter } = context;
  return {
    prompter,
    terminal: isRemote(prompter) ? undefined : findTerminal(channelId),
    stateDir: resolveStateDir(process.env),
    env: process.env,
    now: Date.now,
    beforeEffect: () => noteEffect(context),
  };
}

/** From here on there is something on disk that Back cannot undo. */
export async function noteEffect({
  options,
  prompter,
}: Pick<SetupContext, "options" | "prompter">): Promise<void> {
  prompter.disableBackNavigation?.();
  await options?.beforePersistentEffect?.();
}

/**
 * Asks which account is meant. At the first time there is only the account `default`, and nothing to choose.
 *
 * @param isFirstTime - Told the first of `count` accounts.
 */
export async function chooseAccount<TAccount extends ChannelAccount>(
  channel: Pick<AccountChannel<TAccount>, "id" | "label" | "listAccountIds" | "resolveAccount">,
  { accountOverrides, cfg, prompter, shouldPromptAccountIds }: SetupContext,
  isFirstTime: (first: TAccount, count: number) => boolean | Promise<boolean>,
): Promise<string> {
  const given = accountOverrides[channel.id];
  if (given !== undefined) return channel.resolveAccount(cfg, given).accountId;
  const ids = channel.listAccountIds(cfg);
  const [first = "default"] = ids;
  if (!shouldPromptAccountIds) return first;
  if (await isFirstTime(channel.resolveAccount(cfg, first), ids.length)) return first;
  return await promptAccountId({
    cfg,
    prompter,
    label: channel.label,
    currentId: first,
    listAccountIds: () => ids,
    defaultAccountId: first,
  });
}

/** Tells whoever restored from words how to move them into the host's store. */
export async function tellSecretMove(
  channel: Pick<AccountChannel, "id" | "phraseVariable">,
  accountId: string,
  prompter: SetupPrompter,
): Promise<void> {
  const text = [
    "The recovery words are in session.json in clear text, for this user alone. To keep them in",
    "OpenClaw's secret store instead:",
    "",
    ...describeSecretMove(channel, accountId),
  ].join("\n");
  // A box would break the commands into lines.
  await (prompter.plain?.(text) ?? prompter.note(text));
}
