import {
  openAnnouncement,
  rejectForeignAnnouncement,
} from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import { tryDecodeAnnouncementPayload } from "../../packages/gossip-sdk/src/announcement/announcement-payload.ts";
import { equalBytes } from "../../packages/gossip-sdk/src/codec/bytes.ts";
import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import { parsePublicKeys } from "../../packages/gossip-sdk/src/identity/public-keys.ts";
import {
  encodeMessageContent,
  parseMessageContent,
} from "../../packages/gossip-sdk/src/message/content.ts";
import { verifyBoardValue } from "../../packages/gossip-sdk/src/session/board-value.ts";
import { decryptValue } from "../../packages/gossip-sdk/src/session/peer-session.ts";
import { byteTargetsOf, genuineOnly } from "./byte-target.ts";
import type { FuzzTarget } from "./engine.ts";
import { NOW_MS } from "./gossip-fixtures.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";

const byteTarget = byteTargetsOf(GossipError);

/** Bytes from the relay and from strangers. */
export function gossipByteTargets(fixture: GossipFixture): FuzzTarget[] {
  return [
    publicKeysTarget(fixture),
    announcementTarget(fixture),
    announcementPayloadTarget(fixture),
    messageContentTarget(fixture),
    boardValueTarget(fixture),
    ratchetMessageTarget(fixture),
  ];
}

function publicKeysTarget({ me, peer }: GossipFixture): FuzzTarget {
  return byteTarget("public keys", [me.publicKeys.bytes, peer.publicKeys.bytes], (input) => {
    if (!equalBytes(parsePublicKeys(input).bytes, input)) throw new Error("not canonical");
    return "accepted";
  });
}

/** Also holds the quick check of the bulletin scan to the full parser: it must never reject what that one opens. */
function announcementTarget({ me, announcement, crypto }: GossipFixture): FuzzTarget {
  const key = { kemSecret: me.secrets.kem, kemPublicKey: me.publicKeys.kemPublicKey };
  return byteTarget("announcement", [announcement], (input) => {
    const opened = openAnnouncement({ identity: me, bytes: input, crypto });
    if (opened === undefined) return "rejected";
    if (rejectForeignAnnouncement(key, input, crypto)) throw new Error("the scan would miss it");
    return genuineOnly(input, announcement);
  });
}

function announcementPayloadTarget({ userData }: GossipFixture): FuzzTarget {
  return byteTarget("announcement payload", [userData], (input) =>
    tryDecodeAnnouncementPayload(input) === undefined ? "rejected" : "accepted",
  );
}

function messageContentTarget({ contents }: GossipFixture): FuzzTarget {
  return byteTarget("message content", contents, (input) => {
    const encoded = encodeMessageContent(parseMessageContent(input));
    if (!equalBytes(encodeMessageContent(parseMessageContent(encoded)), encoded)) {
      throw new Error("encoding and parsing a content changes it");
    }
    return "accepted";
  });
}

function boardValueTarget({ message, crypto }: GossipFixture): FuzzTarget {
  const { seeker, data } = message;
  return byteTarget("board value", [data], (input) =>
    verifyBoardValue(seeker, input, crypto) ? genuineOnly(input, data) : "rejected",
  );
}

function ratchetMessageTarget({ me, mine, message, crypto }: GossipFixture): FuzzTarget {
  const { seeker, data } = message;
  return byteTarget("ratchet message", [data], (input) => {
    const { result } = decryptValue(mine, {
      seeker,
      data: input,
      nowMs: NOW_MS,
      identity: me,
      crypto,
    });
    return result.kind === "message" ? genuineOnly(input, data) : "rejected";
  });
}
