// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createSecurity } from "channel-kit/cold";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { GOSSIP } from "./config-schema.ts";
import { gossipSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

/** What a wrong line in the configuration costs; everything else doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "plaintext-mnemonic-in-config": "critical",
  "relay-tls": "critical",
  "wildcard-with-pairing": "warn",
  "dm-scope": "warn",
  "owner-unproven": "warn",
};

export const gossipSecurity = createSecurity<ResolvedGossipAccount>(GOSSIP, {
  severities: SEVERITIES,
  identity: gossipSenderIdentity,
  normalize: tryParseAllowEntry,
  loadConfigRules: () => import("./doctor-config.ts"),
  loadPeopleRules: () => import("./doctor-people.ts"),
});
