// What `openclaw security audit` and doctor's security part say about an account. A usual install has nothing to say.
import { createSecurity } from "channel-kit/cold";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CONVOS } from "./config-schema.ts";
import { convosSenderIdentity } from "./sender-identity.ts";
import { tryParseAllowEntry } from "./targets.ts";

/** What a wrong line costs; everything else that doctor says is about health. */
const SEVERITIES: Readonly<Record<string, "critical" | "warn">> = {
  "plaintext-mnemonic-in-config": "critical",
  "plaintext-key-in-config": "critical",
  "node-tls": "critical",
  "open-to-members": "warn",
  "wildcard-with-pairing": "warn",
  "dm-scope": "warn",
  "owner-unproven": "warn",
};

export const convosSecurity = createSecurity<ResolvedConvosAccount>(CONVOS, {
  severities: SEVERITIES,
  identity: convosSenderIdentity,
  normalize: tryParseAllowEntry,
  loadConfigRules: () => import("./doctor-config.ts"),
  loadPeopleRules: () => import("./doctor-people.ts"),
});
