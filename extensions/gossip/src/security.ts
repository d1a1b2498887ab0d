// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createDmPolicyResolver } from "channel-access/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { gossipSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

type SecurityAdapter = NonNullable<ChannelPlugin<ResolvedGossipAccount>["security"]>;

/** What a wrong line in the configuration costs; everything else doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "gossip.plaintext-mnemonic-in-config": "critical",
  "gossip.relay-tls": "critical",
  "gossip.wildcard-with-pairing": "warn",
  "gossip.dm-scope": "warn",
  "gossip.owner-unproven": "warn",
};

export const gossipSecurity: SecurityAdapter = {
  resolveDmPolicy: createDmPolicyResolver<ResolvedGossipAccount>({
    channelId: CHANNEL_ID,
    identity: gossipSenderIdentity,
    normalize: tryParseAllowEntry,
    selectPolicy: ({ dmPolicy, allowFrom }) => ({ dmPolicy, allowFrom }),
  }),
  // Only in the audit: doctor tells the same in its own words. The source shows references as references.
  collectAuditFindings: async ({ accountId, cfg, sourceConfig }) => {
    const [{ inspectConfig }, { inspectPeople }] = await Promise.all([
      import("./doctor-config.ts"),
      import("./doctor-people.ts"),
    ]);
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
                title: `Gossip account ${accountId}`,
                detail: message,
                remediation: fix,
              },
            ];
      });
  },
};
