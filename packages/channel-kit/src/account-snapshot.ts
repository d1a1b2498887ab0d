// One account as `openclaw channels status` and the Control UI show it.
import {
  collectStatusIssuesFromLastError,
  standardDmPolicyOpenIssue,
  type ChannelAccountSnapshot,
  type ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import type { ChannelAccount } from "./account-channel.ts";
import type { ChannelNames } from "./channel-names.ts";
import { nameCredentialSource } from "./plugin-base.ts";

interface ShownAccount extends ChannelAccount {
  readonly name: string | undefined;
  readonly dmPolicy: string;
  readonly allowFrom: readonly string[];
}

export interface SnapshotFacts {
  /** Where the account's network is, for people. */
  readonly baseUrl: string;
  /** Figures of the running account; why it could not start is only known to whoever tried. */
  readonly application: unknown;
  /** Why a new secret is not used. */
  readonly refusal: string | undefined;
  readonly publicKey?: string | null;
}

/** What `createComputedAccountStatusAdapter` wants of an account. */
export function describeSnapshot(
  account: ShownAccount,
  { application, baseUrl, publicKey, refusal }: SnapshotFacts,
) {
  const { accountId, configured, enabled, name } = account;
  return {
    accountId,
    ...(name === undefined ? {} : { name }),
    enabled,
    configured,
    extra: {
      dmPolicy: account.dmPolicy,
      allowFrom: [...account.allowFrom],
      baseUrl,
      ...(publicKey === undefined ? {} : { publicKey }),
      credentialSource: nameCredentialSource(account),
      application: application ?? null,
      ...(refusal === undefined ? {} : { lastError: refusal }),
    },
  };
}

/** Why accounts stopped. The host itself reports why an account is blocked. */
export function collectStopIssues(
  channelId: string,
  accounts: readonly ChannelAccountSnapshot[],
): ChannelStatusIssue[] {
  return collectStatusIssuesFromLastError(
    channelId,
    accounts.filter(({ lifecycle }) => lifecycle !== "blocked"),
  );
}

/** Accounts to which any stranger may write. */
export function collectOpenIssues(
  { id, label }: ChannelNames,
  accounts: readonly ChannelAccountSnapshot[],
): ChannelStatusIssue[] {
  return accounts
    .filter(({ dmPolicy, enabled }) => enabled === true && dmPolicy === "open")
    .map(({ accountId }) =>
      standardDmPolicyOpenIssue({
        channel: id,
        accountId,
        channelLabel: label,
        configPath: `channels.${id}.dmPolicy`,
      }),
    );
}
