// Findings that the configuration alone shows. It is read as it was written: what the schema refuses is named here too.
import type { Finding } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseAllowEntry } from "./targets.ts";

const AccountSchema = z.looseObject({
  mnemonic: z.unknown().optional(),
  protocolUrl: z.unknown().optional(),
  dmPolicy: z.string().optional(),
  allowFrom: z.array(z.union([z.string(), z.number()])).optional(),
});
const SectionSchema = AccountSchema.extend({
  accounts: z.record(z.string(), AccountSchema).optional(),
});
type Account = z.infer<typeof AccountSchema>;

/** Plain http is for this machine only. */
const LOOPBACK = /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i;

export function inspectConfig(cfg: OpenClawConfig): Finding[] {
  const parsed = SectionSchema.safeParse(cfg.channels?.[CHANNEL_ID] ?? {});
  if (!parsed.success) return [];
  const { accounts = {}, ...root } = parsed.data;
  return [
    ...inspectAccount("default", `channels.${CHANNEL_ID}`, root, root),
    ...Object.entries(accounts).flatMap(([id, own]) => {
      const path = `channels.${CHANNEL_ID}.accounts.${id}`;
      return inspectAccount(id, path, own, { ...root, ...own });
    }),
  ];
}

/** @param own - What stands at `path`. @param merged - With what is inherited. */
function inspectAccount(accountId: string, path: string, own: Account, merged: Account): Finding[] {
  const findings: Finding[] = [];
  const find = (id: Finding["id"], message: string, fix: string): void => {
    findings.push({ id, accountId, message, fix });
  };
  if (isPlaintext(own.mnemonic)) {
    find(
      "gossip.plaintext-mnemonic-in-config",
      `${path}.mnemonic holds the recovery phrase in clear; whoever reads the configuration is the bot.`,
      "openclaw secrets store set GOSSIP_MNEMONIC --kind secret, then openclaw config set " +
        `${path}.mnemonic --ref-provider default --ref-source store --ref-id GOSSIP_MNEMONIC`,
    );
  }
  const entries = (own.allowFrom ?? []).map(String);
  if ((merged.allowFrom ?? []).map(String).includes("*") && merged.dmPolicy !== "open") {
    find(
      "gossip.wildcard-with-pairing",
      `allowFrom has "*" although the policy is ${merged.dmPolicy ?? "pairing"}.`,
      `remove "*" from ${path}.allowFrom, or: openclaw config set ${path}.dmPolicy open`,
    );
  }
  const wrong = entries.filter((entry) => tryParseAllowEntry(entry) === undefined).length;
  if (wrong > 0) {
    find(
      "gossip.allowlist-invalid",
      `${wrong} entries of ${path}.allowFrom are no Gossip user ids and let nobody in.`,
      `openclaw config get ${path}.allowFrom, then correct them`,
    );
  }
  const { protocolUrl } = own;
  if (
    typeof protocolUrl === "string" &&
    /^http:/i.test(protocolUrl) &&
    !LOOPBACK.test(protocolUrl)
  ) {
    find(
      "gossip.relay-tls",
      `${path}.protocolUrl is plain http: everybody on the way sees who writes when.`,
      `openclaw config set ${path}.protocolUrl https://...`,
    );
  }
  return findings;
}

/** A text that is neither empty nor the name of an environment variable. */
function isPlaintext(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && !/^\$\{\w+\}$/.test(value.trim());
}
