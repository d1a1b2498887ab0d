import type { AccountChannel } from "channel-kit/cold";
import type { CliContext } from "channel-kit/terminal";
import type { Identity } from "gossip-sdk";
import {
  listGossipAccountIds,
  resolveGossipAccount,
  type ResolvedGossipAccount,
} from "./accounts.ts";
import { GOSSIP } from "./config-schema.ts";
import { START_FAILURES } from "./errors.ts";
import { shortenGossipId } from "./targets.ts";

/** What a command of `openclaw gossip` works with. */
export type GossipContext = CliContext<ResolvedGossipAccount>;

/** This channel as the shared rooms see it. */
export const gossipChannel: AccountChannel<ResolvedGossipAccount, Identity> = {
  ...GOSSIP,
  phraseVariable: "GOSSIP_MNEMONIC",
  listAccountIds: listGossipAccountIds,
  resolveAccount: resolveGossipAccount,
  shortenId: shortenGossipId,
  phraseWarning:
    "Do not use one phrase in the app and here at the same time: two devices break each other's sessions.",
  startFailures: START_FAILURES,
  loadIdentities: async () => {
    const { deriveDurableKey, identityMaker } = await import("./client.ts");
    const { phraseRules } = await import("./client-phrase.ts");
    return { maker: identityMaker, phraseRules, deriveDurableKey };
  },
};
