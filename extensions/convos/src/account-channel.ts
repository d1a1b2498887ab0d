import type { AccountChannel } from "channel-kit/cold";
import {
  listConvosAccountIds,
  resolveConvosAccount,
  type ResolvedConvosAccount,
} from "./accounts.ts";
import type { ConvosIdentity } from "./client-identity.ts";
import { CONVOS } from "./config-schema.ts";
import { START_FAILURES } from "./errors.ts";
import { shortenId } from "./targets.ts";

/** This channel as the shared rooms see it. */
export const convosChannel: AccountChannel<ResolvedConvosAccount, ConvosIdentity> = {
  ...CONVOS,
  phraseVariable: "CONVOS_MNEMONIC",
  listAccountIds: listConvosAccountIds,
  resolveAccount: resolveConvosAccount,
  shortenId,
  phraseWarning: undefined,
  startFailures: START_FAILURES,
  loadIdentities: async () => {
    const { deriveDurableKey, identityMaker, phraseRules } = await import("./client-identity.ts");
    return { maker: identityMaker, phraseRules, deriveDurableKey };
  },
};
