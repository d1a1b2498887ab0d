import { openAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import { BinWriter } from "../../packages/gossip-sdk/src/codec/bin.ts";
import { concatBytes } from "../../packages/gossip-sdk/src/codec/bytes.ts";
import { formatMassaText } from "../../packages/gossip-sdk/src/codec/massa-text.ts";
import { AnnouncementKeys, deriveMessageKeys } from "../../packages/gossip-sdk/src/crypto/kdf.ts";
import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import { signBoardValue } from "../../packages/gossip-sdk/src/session/board-value.ts";
import { decryptValue } from "../../packages/gossip-sdk/src/session/peer-session.ts";
import type { FuzzTarget } from "./engine.ts";
import { NOW_MS } from "./gossip-fixtures.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";
import { hostileBytes } from "./mutate.ts";

const NO_AAD = new Uint8Array();
const RANDOMNESS_BYTES = 32;
const KEM_CIPHERTEXT_BYTES = 1088;

/**
 * Hostile plaintext that was sealed properly. Tampering with sealed bytes never gets past the seal; a malicious peer
 * does, so here it is one who writes, with keys of its own.
 */
export function gossipPeerTargets(fixture: GossipFixture): FuzzTarget[] {
  return [sealedAnnouncementTarget(fixture), sealedMessageTarget(fixture)];
}

function sealedAnnouncementTarget(fixture: GossipFixture): FuzzTarget {
  const { me, peer, announcement, crypto } = fixture;
  const sealedOffset = RANDOMNESS_BYTES + KEM_CIPHERTEXT_BYTES;
  const clear = announcement.subarray(0, sealedOffset);
  const ciphertext = clear.subarray(RANDOMNESS_BYTES);
  const keys = new AnnouncementKeys(
    {
      randomness: clear.subarray(0, RANDOMNESS_BYTES),
      ciphertext,
      sharedSecret: crypto.kemDecapsulate(me.secrets.kem, ciphertext),
      recipientKemKey: me.publicKeys.kemPublicKey,
    },
    crypto,
  );
  const [cipherKey, nonce] = [keys.cipherKey(), keys.nonce()];
  const plaintext = crypto.aesSivOpen(
    cipherKey,
    nonce,
    NO_AAD,
    announcement.subarray(sealedOffset),
  );
  if (plaintext === undefined) throw new Error("the fixture's own announcement does not open");
  return {
    name: "announcement, sealed by a peer",
    generate: (random) => hostileBytes(random, [plaintext]),
    feed: (input) => {
      const sealed = crypto.aesSivSeal(cipherKey, nonce, NO_AAD, input);
      const bytes = concatBytes(clear, sealed);
      const opened = openAnnouncement({ identity: me, bytes, crypto });
      if (opened === undefined) return "rejected";
      // User data and what follows it are not signed: a sender may change them. Its identity it may not.
      return opened.sender.userId === peer.userId ? "accepted" : "forged";
    },
    isRefusal: (error) => error instanceof GossipError,
  };
}

function sealedMessageTarget(fixture: GossipFixture): FuzzTarget {
  const { me, mine, theirs, contents, crypto } = fixture;
  const active = theirs.active;
  const newest = active?.ownHistory.at(-1);
  if (active === undefined || newest === undefined) throw new Error("the fixture has no session");
  const randomness = crypto.randomBytes(RANDOMNESS_BYTES);
  const toStep = crypto.kemEncapsulate(active.peer.kemPublicKey);
  const toPeer = crypto.kemEncapsulate(active.peerKeys.kemPublicKey);
  const keys = deriveMessageKeys(
    {
      randomness,
      senderChainKey: newest.chainKey.reveal(),
      receiverChainKey: active.peer.chainKey.reveal(),
      ciphertext: toStep.ciphertext,
      sharedSecret: toStep.sharedSecret,
      staticCiphertext: toPeer.ciphertext,
      staticSharedSecret: toPeer.sharedSecret,
    },
    crypto,
  );
  const [cipherKey, nonce] = [keys.cipherKey(), keys.nonce()];
  const clear = concatBytes(randomness, toStep.ciphertext, toPeer.ciphertext);
  const next = crypto.ed25519Generate();
  const samples = contents.map((content) =>
    new BinWriter()
      .raw(crypto.kemGenerate().publicKey)
      .varint(NOW_MS)
      .text(formatMassaText("S", next.secret.reveal()))
      .text(formatMassaText("P", next.publicKey))
      .bytes(content)
      .finish(),
  );
  return {
    name: "message, sealed by a peer",
    generate: (random) => hostileBytes(random, samples),
    feed: (input) => {
      const sealed = crypto.aesSivSeal(cipherKey, nonce, NO_AAD, input);
      const data = signBoardValue(active.ownSeekerKey, concatBytes(clear, sealed), crypto);
      const { seeker } = active.ownSeekerKey;
      const { result } = decryptValue(mine, { seeker, data, nowMs: NOW_MS, identity: me, crypto });
      return result.kind === "message" ? "accepted" : "rejected";
    },
    isRefusal: (error) => error instanceof GossipError,
  };
}
