import { createPhraseGuard } from "channel-kit";
import { meshChannel } from "./account-channel.ts";
import type { ResolvedMeshAccount } from "./accounts.ts";

/** One for this process: the host asks, stops and starts through different doors. */
export const phrases = createPhraseGuard<ResolvedMeshAccount>(meshChannel);

export const secretRotation = phrases.rotation;
export const formatRefusal = phrases.formatRefusal;
