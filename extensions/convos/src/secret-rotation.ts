import { createPhraseRotation } from "channel-kit";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";

/** One for this process: the host stops and starts through different doors. */
export const phrases = createPhraseRotation<ResolvedConvosAccount>(convosChannel);
