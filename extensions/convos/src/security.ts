// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createDmPolicyResolver } from "channel-access/cold";
import { createAudit } from "channel-kit/cold";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { convosSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

type SecurityAdapter = NonNullable<ChannelPlugin<ResolvedConvosAccount>["security"]>;

/** What a wrong line costs; everything else that doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "plaintext-mnemonic-in-config": "critical",
  "plaintext-key-in-config": "critical",
  "node-tls": "critical",
  "open-to-members": "warn",
  "wildcard-with-pairing": "warn",
  "dm-scope": "warn",
};

export const convosSecurity: SecurityAdapter = {
  resolveDmPolicy: createDmPolicyResolver<ResolvedConvosAccount>({
    channelId: CHANNEL_ID,
    identity: convosSenderIdentity,
    normalize: tryParseAllowEntry,
    selectPolicy: ({ allowFrom, dmPolicy }) => ({ dmPolicy, allowFrom }),
  }),
  collectAuditFindings: createAudit(CONVOS, {
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
