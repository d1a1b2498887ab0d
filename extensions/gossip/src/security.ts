// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createDmPolicyResolver } from "channel-access/cold";
import { createAudit } from "channel-kit/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID, GOSSIP } from "./config-schema.ts";
import { gossipSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

type SecurityAdapter = NonNullable<ChannelPlugin<ResolvedGossipAccount>["security"]>;

/** What a wrong line in the configuration costs; everything else doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "plaintext-mnemonic-in-config": "critical",
  "relay-tls": "critical",
  "wildcard-with-pairing": "warn",
  "dm-scope": "warn",
  "owner-unproven": "warn",
};

export const gossipSecurity: SecurityAdapter = {
  resolveDmPolicy: createDmPolicyResolver<ResolvedGossipAccount>({
    channelId: CHANNEL_ID,
    identity: gossipSenderIdentity,
    normalize: tryParseAllowEntry,
    selectPolicy: ({ dmPolicy, allowFrom }) => ({ dmPolicy, allowFrom }),
  }),
  collectAuditFindings: createAudit(GOSSIP, {
    severities: SEVERITIES,
    inspect: async (cfg, sourceConfig) => {
      const [{ inspectConfig }, { inspectPeople }] = await Promise.all([
        import("./doctor-config.ts"),
        import("./doctor-people.ts"),
      ]);
      return [...inspectConfig(sourceConfig), ...(await inspectPeople(cfg))];
    },
  }),
};
