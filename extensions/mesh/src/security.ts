// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createDmPolicyResolver } from "channel-access/cold";
import { createAudit } from "channel-kit/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { CHANNEL_ID, MESH } from "./config-schema.ts";
import { meshSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

type SecurityAdapter = NonNullable<ChannelPlugin<ResolvedMeshAccount>["security"]>;

/** What a wrong line in the configuration costs; everything else doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "plaintext-mnemonic-in-config": "critical",
  "list-tls": "critical",
  "list-unsigned": "warn",
  "open-to-strangers": "warn",
  "unmentioned-strangers": "critical",
  "unverified-heard": "warn",
  "listens-to-all": "warn",
  "plain-direct": "warn",
  "wildcard-with-pairing": "warn",
  "dm-scope": "warn",
};

export const meshSecurity: SecurityAdapter = {
  resolveDmPolicy: createDmPolicyResolver<ResolvedMeshAccount>({
    channelId: CHANNEL_ID,
    identity: meshSenderIdentity,
    normalize: tryParseAllowEntry,
    selectPolicy: ({ dmPolicy, allowFrom }) => ({ dmPolicy, allowFrom }),
  }),
  collectAuditFindings: createAudit(MESH, {
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
