import { openAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import { concatBytes } from "../../packages/gossip-sdk/src/codec/bytes.ts";
import { defaultCrypto } from "../../packages/gossip-sdk/src/crypto/select.ts";
import { decryptValue } from "../../packages/gossip-sdk/src/session/peer-session.ts";
import { verifyBoardValue } from "../../packages/gossip-sdk/src/session/board-value.ts";
import { createGossipFixture, NOW_MS } from "./gossip-fixtures.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";
import { flips } from "./flips.ts";
import type { Invariant } from "./invariant.ts";

const REPLAYS = 1000;
/** Where the sealed message begins in a board value, behind key and signature (section 6.3). */
const INNER_OFFSET = 100;

/** What must hold for every bit of one announcement and one message, and for any number of replays. */
export function gossipInvariants(): Invariant[] {
  const fixture = createGossipFixture(defaultCrypto());
  return [
    announcementFlips(fixture),
    messageFlips(fixture),
    innerFlips(fixture),
    addressFlips(fixture),
    replays(fixture),
  ];
}

function announcementFlips({ me, announcement, crypto }: GossipFixture): Invariant {
  return flips("announcement, every bit flipped", announcement, (bytes) => {
    return openAnnouncement({ identity: me, bytes, crypto }) !== undefined;
  });
}

function messageFlips(fixture: GossipFixture): Invariant {
  const { message, crypto } = fixture;
  return flips("message, every bit flipped", message.data, (data) => {
    const isSigned = verifyBoardValue(message.seeker, data, crypto);
    return isSigned || isDelivered(fixture, message.seeker, data);
  });
}

/** The peer itself may sign what it likes, so the seal behind the signature has to refuse by itself. */
function innerFlips(fixture: GossipFixture): Invariant {
  const { me, mine, message, crypto } = fixture;
  const clear = message.data.subarray(0, INNER_OFFSET);
  const inner = message.data.subarray(INNER_OFFSET);
  return flips("sealed message, every bit flipped", inner, (bytes) => {
    const { result } = decryptValue(mine, {
      seeker: message.seeker,
      data: concatBytes(clear, bytes),
      nowMs: NOW_MS,
      identity: me,
      crypto,
      verified: true,
    });
    return result.kind === "message";
  });
}

function addressFlips(fixture: GossipFixture): Invariant {
  const { message, crypto } = fixture;
  return flips("address of a message, every bit flipped", message.seeker, (seeker) => {
    const isSigned = verifyBoardValue(seeker, message.data, crypto);
    return isSigned || isDelivered(fixture, seeker, message.data);
  });
}

/** One message, fed again and again to the state that it led to: delivered once, and the session lives on. */
function replays({ me, mine, message, crypto }: GossipFixture): Invariant {
  return {
    name: `replay x${REPLAYS}`,
    run: (onCase) => {
      let session = mine;
      let delivered = 0;
      for (let i = 0; i < REPLAYS; i++) {
        onCase(i);
        const step = decryptValue(session, {
          seeker: message.seeker,
          data: message.data,
          nowMs: NOW_MS,
          identity: me,
          crypto,
        });
        session = step.session;
        if (step.result.kind === "message") delivered += 1;
      }
      const isRight = delivered === 1 && session.active !== undefined;
      return {
        cases: REPLAYS,
        violations: isRight ? 0 : Math.max(1, delivered - 1),
        detail: `delivered ${delivered}`,
      };
    },
  };
}

function isDelivered(
  { me, mine, crypto }: GossipFixture,
  seeker: Uint8Array,
  data: Uint8Array,
): boolean {
  const { result } = decryptValue(mine, { seeker, data, nowMs: NOW_MS, identity: me, crypto });
  return result.kind === "message";
}
