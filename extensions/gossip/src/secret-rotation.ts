import { createPhraseGuard } from "channel-kit";
import { gossipChannel } from "./account-channel.ts";
import type { ResolvedGossipAccount } from "./accounts.ts";

/** One for this process: the host asks, stops and starts through different doors. */
export const phrases = createPhraseGuard<ResolvedGossipAccount>(gossipChannel);

export const secretRotation = phrases.rotation;
export const formatRefusal = phrases.formatRefusal;
