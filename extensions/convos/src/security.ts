// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createDmPolicyResolver } from "channel-access/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { convosSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

type SecurityAdapter = NonNullable<ChannelPlugin<ResolvedConvosAccount>["security"]>;

/** What a wrong line costs; everything else that doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "convos.plaintext-mnemonic-in-config": "critical",
  "convos.plaintext-key-in-config": "critical",
  "convos.open-to-members": "warn",
  "convos.dm-scope": "warn",
};

export const convosSecurity: SecurityAdapter = {
  resolveDmPolicy: createDmPolicyResolver<ResolvedConvosAccount>({
    channelId: CHANNEL_ID,
    identity: convosSenderIdentity,
    normalize: tryParseAllowEntry,
    selectPolicy: ({ allowFrom, dmPolicy }) => ({ dmPolicy, allowFrom }),
  }),
  // Only in the audit: doctor tells the same in its own words. The source shows references as references.
  collectAuditFindings: async ({ accountId, cfg, sourceConfig }) => {
    const { inspectConfig } = await import("./doctor-config.ts");
    const { inspectPeople } = await import("./doctor-people.ts");
    return [...inspectConfig(sourceConfig), ...(await inspectPeople(cfg))]
      .filter((finding) => finding.accountId === accountId)
      .flatMap(({ fix, id, message }) => {
        const severity = SEVERITIES[id];
        return severity === undefined
          ? []
          : [
              {
                checkId: `channels.${id}`,
                severity,
                title: `Convos account ${accountId}`,
                detail: message,
                remediation: fix,
              },
            ];
      });
  },
};
