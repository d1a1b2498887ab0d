// What `openclaw security audit` says about an account. A usual install has nothing to say.
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelNames } from "./channel-names.ts";
import type { Finding } from "./doctor-finding.ts";

type SecurityAdapter<TAccount> = NonNullable<ChannelPlugin<TAccount>["security"]>;
type CollectAuditFindings<TAccount> = NonNullable<
  SecurityAdapter<TAccount>["collectAuditFindings"]
>;

export interface AuditOptions {
  /** What a finding costs, by its id without the channel's name; those that are not named are about health. */
  readonly severities: Readonly<Record<string, "critical" | "warn">>;
  /**
   * The findings of all accounts.
   *
   * @param cfg - With secrets resolved. @param sourceConfig - As written: references are references.
   */
  readonly inspect: (
    cfg: OpenClawConfig,
    sourceConfig: OpenClawConfig,
  ) => Promise<readonly Finding[]>;
}

/** For the audit alone: doctor tells the same in its own words. */
export function createAudit<TAccount>(
  { id: channelId, label }: Pick<ChannelNames, "id" | "label">,
  { inspect, severities }: AuditOptions,
): CollectAuditFindings<TAccount> {
  return async ({ accountId, cfg, sourceConfig }) =>
    (await inspect(cfg, sourceConfig)).flatMap((finding) => {
      const severity = severities[finding.id.slice(channelId.length + 1)];
      if (severity === undefined || finding.accountId !== accountId) return [];
      return [
        {
          checkId: `channels.${finding.id}`,
          severity,
          title: `${label} account ${accountId}`,
          detail: finding.message,
          remediation: finding.fix,
        },
      ];
    });
}
