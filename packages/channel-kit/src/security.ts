// What the host knows about the safety of an account: its policy, and what its audit says. A usual install has nothing to
// say.
import { createDmPolicyResolver } from "channel-access/cold";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./account-channel.ts";
import type { ChannelNames } from "./channel-names.ts";
import type { Finding } from "./doctor-finding.ts";
import { createAudit, type AuditOptions } from "./security-audit.ts";

type PolicyRules = Parameters<typeof createDmPolicyResolver>[0];

/** An account that people may write to directly. */
interface DirectAccount extends ChannelAccount, ReturnType<PolicyRules["selectPolicy"]> {}

export interface SecurityRules
  extends Pick<AuditOptions, "severities">, Pick<PolicyRules, "identity" | "normalize"> {
  /** Both are loaded when the audit runs. */
  readonly loadConfigRules: () => Promise<{
    inspectConfig(sourceConfig: OpenClawConfig): readonly Finding[];
  }>;
  readonly loadPeopleRules: () => Promise<{
    inspectPeople(cfg: OpenClawConfig): Promise<readonly Finding[]>;
  }>;
}

export function createSecurity<TAccount extends DirectAccount>(
  names: ChannelNames,
  { identity, loadConfigRules, loadPeopleRules, normalize, severities }: SecurityRules,
): NonNullable<ChannelPlugin<TAccount>["security"]> {
  return {
    resolveDmPolicy: createDmPolicyResolver<TAccount>({
      channelId: names.id,
      identity,
      normalize,
      selectPolicy: ({ allowFrom, dmPolicy }) => ({ dmPolicy, allowFrom }),
    }),
    collectAuditFindings: createAudit(names, {
      severities,
      inspect: async (cfg, sourceConfig) => {
        const [config, people] = await Promise.all([loadConfigRules(), loadPeopleRules()]);
        return [...config.inspectConfig(sourceConfig), ...(await people.inspectPeople(cfg))];
      },
    }),
  };
}
