// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createSecurity } from "channel-kit/cold";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { MESH } from "./config-schema.ts";
import { meshSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

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
  "owner-unproven": "warn",
};

export const meshSecurity = createSecurity<ResolvedMeshAccount>(MESH, {
  severities: SEVERITIES,
  identity: meshSenderIdentity,
  normalize: tryParseAllowEntry,
  loadConfigRules: () => import("./doctor-config.ts"),
  loadPeopleRules: () => import("./doctor-people.ts"),
});
