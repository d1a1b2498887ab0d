import { randomBytes } from "node:crypto";
import { defaultCrypto, type GossipUserId, type Identity, type PublicKeyBundle } from "gossip-sdk";
import { createAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import { encodeAnnouncementPayload } from "../../packages/gossip-sdk/src/announcement/announcement-payload.ts";
import { identityFromRoot } from "../../packages/gossip-sdk/src/identity/identity.ts";

/**
 * Posts announcements to one person, each by an identity that nobody has seen before.
 *
 * @param message - What each of them says with it; default: nothing.
 * @returns The id behind the last one.
 */
export async function strangersAnnounce(
  relayUrl: string,
  recipient: PublicKeyBundle,
  count: number,
  sender?: Identity,
  message?: string,
): Promise<GossipUserId> {
  const crypto = defaultCrypto();
  let identity = sender ?? identityFromRoot(randomBytes(32), crypto);
  for (let i = 0; i < count; i += 1) {
    identity = sender ?? identityFromRoot(randomBytes(32), crypto);
    const { bytes } = createAnnouncement({
      identity,
      recipient,
      userData: encodeAnnouncementPayload(message === undefined ? {} : { message }),
      nowMs: Date.now(),
      crypto,
    });
    const data = Buffer.from(bytes).toString("base64");
    // A flood, but not of sockets.
    const response = await fetch(`${relayUrl}/bulletin`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ data }),
    });
    if (!response.ok) throw new Error(`test: the relay answered ${response.status}`);
  }
  return identity.userId;
}
