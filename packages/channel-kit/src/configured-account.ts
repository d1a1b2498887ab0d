// One account out of a channel's section: which there are, and what each takes over from the section.
import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ZodSafeParseResult } from "zod";
import { ChannelKitError } from "./errors.ts";

type SectionOf<TAccount> = TAccount & {
  readonly accounts?: Readonly<Record<string, TAccount>> | undefined;
};

export interface SectionRules<TAccount extends object> {
  readonly channelId: string;
  readonly schema: () => {
    safeParse(section: unknown): ZodSafeParseResult<SectionOf<TAccount>>;
  };
  /** What a named account takes over: all but what makes an identity. That belongs to the account `default`. */
  readonly inherit: (root: TAccount) => TAccount;
}

export interface ConfiguredAccount<TAccount> {
  /** In the form to which OpenClaw folds account ids. */
  readonly accountId: string;
  /** The account named `default` is the section itself. */
  readonly isDefault: boolean;
  /** Whether the configuration has this account. */
  readonly configured: boolean;
  /** The section as it is. */
  readonly root: TAccount;
  /** What of the section holds for the account, unless the account says otherwise. */
  readonly inherited: TAccount;
  /** What stands under `accounts`; undefined when nothing does. */
  readonly own: TAccount | undefined;
  /** What holds. */
  readonly merged: TAccount;
}

/** Looks an account up. @throws ChannelKitError `config_invalid`, naming the keys and never their values. */
export function findConfiguredAccount<TAccount extends object>(
  rules: SectionRules<TAccount>,
  cfg: OpenClawConfig,
  accountId: string | null | undefined,
): ConfiguredAccount<TAccount> {
  const id = normalizeAccountId(accountId ?? DEFAULT_ACCOUNT_ID);
  const root = parseSection(rules, cfg);
  const { accounts = {} } = root;
  const own = Object.hasOwn(accounts, id) ? accounts[id] : undefined;
  const isDefault = id === DEFAULT_ACCOUNT_ID;
  const inherited = rules.inherit(root);
  return {
    accountId: id,
    isDefault,
    configured: isDefault ? cfg.channels?.[rules.channelId] !== undefined : own !== undefined,
    root,
    inherited,
    own,
    merged: { ...(isDefault ? root : inherited), ...own },
  };
}

/**
 * Account ids of a channel: `default` for the section itself, then the named ones. `default` is there without a section
 * too, as the host's own helper has it: setup offers it then. It does not run, for it is not configured.
 *
 * @throws ChannelKitError `config_invalid`.
 */
export function listConfiguredAccounts<TAccount extends object>(
  rules: SectionRules<TAccount>,
  cfg: OpenClawConfig,
): string[] {
  const named = Object.keys(parseSection(rules, cfg).accounts ?? {});
  return [DEFAULT_ACCOUNT_ID, ...named.filter((id) => id !== DEFAULT_ACCOUNT_ID).toSorted()];
}

function parseSection<TAccount extends object>(
  { channelId, schema }: SectionRules<TAccount>,
  cfg: OpenClawConfig,
): SectionOf<TAccount> {
  const parsed = schema().safeParse(cfg.channels?.[channelId] ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ message, path }) => `${[`channels.${channelId}`, ...path].join(".")}: ${message}`,
  );
  throw new ChannelKitError(
    "config_invalid",
    `${channelId}: not valid: ${[...new Set(problems)].join("; ")}. See: openclaw doctor`,
  );
}
