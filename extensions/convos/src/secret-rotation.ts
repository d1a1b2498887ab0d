import { createPhraseGuard, createSecretGuard, joinSecretGuards } from "channel-kit";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { shortenId } from "./targets.ts";

// One of each for this process: the host stops and starts through different doors.
export const phrases = createPhraseGuard<ResolvedConvosAccount>(convosChannel);

/** The private key of the configuration: another one opens another inbox, which is in no conversation. */
export const ownerKeys = createSecretGuard<ResolvedConvosAccount>({
  channelId: CHANNEL_ID,
  field: "privateKey",
  readSource: ({ ownerKey }) => ownerKey,
  identify: async (key) => {
    const { identifyOwnerKey } = await import("./owner-key.ts");
    return identifyOwnerKey(key);
  },
  showId: (inboxId) => `inbox ${shortenId(inboxId)}`,
  withSecretOf: (account, { ownerKey }) => ({ ...account, ownerKey }),
  words: {
    isInvalid: "is no private key",
    isOther: "opens another inbox",
    good: "its key",
  },
  howToSwitch: () =>
    "leave the conversation that it serves (openclaw convos leave), then: openclaw gateway restart",
});

export const secrets = joinSecretGuards([phrases, ownerKeys]);
