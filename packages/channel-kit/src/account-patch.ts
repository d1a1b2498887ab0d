import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { once } from "./once.ts";

const sectionSchema = once(() =>
  z.looseObject({ accounts: z.record(z.string(), z.looseObject({})).optional() }),
);

/** A channel's section as far as one needs it to find an account in it. @throws ZodError when it is not of that form. */
export function parseSection(
  channelId: string,
  cfg: OpenClawConfig,
): z.infer<ReturnType<typeof sectionSchema>> {
  return sectionSchema().parse(cfg.channels?.[channelId] ?? {});
}

/**
 * Writes fields of one account: into the section for `default` unless that has an entry of its own, which would hide them;
 * else under `accounts`. The section gets switched on.
 */
export function patchAccount(
  channelId: string,
  cfg: OpenClawConfig,
  accountId: string,
  patch: Record<string, unknown>,
): OpenClawConfig {
  const section = parseSection(channelId, cfg);
  const id = normalizeAccountId(accountId);
  const next =
    id === DEFAULT_ACCOUNT_ID && section.accounts?.[id] === undefined
      ? { ...section, ...patch }
      : {
          ...section,
          enabled: true,
          accounts: { ...section.accounts, [id]: { ...section.accounts?.[id], ...patch } },
        };
  return { ...cfg, channels: { ...cfg.channels, [channelId]: next } };
}

/** Where the configuration has a field of an account, for commands that people type. */
export function settingPath(channelId: string, accountId: string, field: string): string {
  const section = `channels.${channelId}`;
  return accountId === DEFAULT_ACCOUNT_ID
    ? `${section}.${field}`
    : `${section}.accounts.${accountId}.${field}`;
}

/** {@link patchAccount} of one channel. */
export function createAccountPatch(
  channelId: string,
): (cfg: OpenClawConfig, accountId: string, patch: Record<string, unknown>) => OpenClawConfig {
  return (cfg, accountId, patch) => patchAccount(channelId, cfg, accountId, patch);
}
