import { decodePosition, encodePosition } from "../../packages/gossip-sdk/src/bulletin/position.ts";
import { equalBytes } from "../../packages/gossip-sdk/src/codec/bytes.ts";
import {
  decodeConversation,
  encodeConversation,
} from "../../packages/gossip-sdk/src/conversation/conversation-codec.ts";
import { createConversation } from "../../packages/gossip-sdk/src/conversation/conversation.ts";
import {
  decodeQueueItem,
  encodeQueueItem,
} from "../../packages/gossip-sdk/src/conversation/queue-item-codec.ts";
import {
  decodeStoredEvent,
  encodeStoredEvent,
} from "../../packages/gossip-sdk/src/conversation/stored-event-codec.ts";
import { GossipError } from "../../packages/gossip-sdk/src/errors.ts";
import {
  decodePeerSession,
  encodePeerSession,
} from "../../packages/gossip-sdk/src/session/peer-session-codec.ts";
import { createSealer } from "../../packages/gossip-sdk/src/store/database.ts";
import { byteTargetsOf, genuineOnly } from "./byte-target.ts";
import type { FuzzTarget } from "./engine.ts";
import { NOW_MS } from "./gossip-fixtures.ts";
import type { GossipFixture } from "./gossip-fixtures.ts";

const MESSAGE_ID = new Uint8Array(12);

const byteTarget = byteTargetsOf(GossipError);

/** Bytes from our own disk: the seal around them, and what is inside it. */
export function gossipStateTargets(fixture: GossipFixture): FuzzTarget[] {
  const { me, peer, mine, theirs, message, contents } = fixture;
  const conversation = createConversation(peer.publicKeys, NOW_MS);
  const item = {
    messageId: MESSAGE_ID,
    kind: "message",
    contents: contents[0] ?? MESSAGE_ID,
    queuedAtMs: NOW_MS,
    value: undefined,
    posted: false,
    verified: false,
  } as const;
  const event = { type: "message", messageId: MESSAGE_ID, text: "hello" } as const;
  return [
    sealedRowTarget(fixture),
    codecTarget(
      "session state",
      [mine, theirs, {}].map((session) => encodePeerSession(session)),
      (bytes) => encodePeerSession(decodePeerSession(bytes)),
    ),
    codecTarget(
      "conversation state",
      [
        encodeConversation(conversation),
        encodeConversation({
          ...conversation,
          session: mine,
          accepted: true,
          request: { username: "Ada", message: undefined },
          retention: { seconds: 60, sinceMs: NOW_MS },
          announcement: { stage: "built", bytes: fixture.announcement, builtAtMs: NOW_MS },
        }),
      ],
      (bytes) => encodeConversation(decodeConversation(bytes)),
    ),
    codecTarget(
      "queued message",
      [
        encodeQueueItem(peer.userId, item),
        encodeQueueItem(peer.userId, { ...item, value: message, posted: true }),
      ],
      (bytes) => {
        const decoded = decodeQueueItem(bytes);
        return encodeQueueItem(decoded.peer, decoded.item);
      },
    ),
    codecTarget(
      "stored event",
      [encodeStoredEvent({ peer: me.userId, sentAtMs: NOW_MS, receivedAtMs: NOW_MS, event })],
      (bytes) => encodeStoredEvent(decodeStoredEvent(bytes)),
    ),
    codecTarget(
      "bulletin position",
      [encodePosition({ cursor: 123n, fingerprint: new Uint8Array(16) })],
      (bytes) => encodePosition(decodePosition(bytes)),
    ),
  ];
}

function sealedRowTarget({ me }: GossipFixture): FuzzTarget {
  const sealer = createSealer(me.storageKey.reveal());
  const key = Uint8Array.of(1);
  const sealed = sealer.seal("messages", key, new TextEncoder().encode("a row of the store"));
  return byteTarget("sealed row", [sealed], (input) => {
    sealer.open("messages", key, input);
    return genuineOnly(input, sealed);
  });
}

/** @param recode - Decodes and encodes again: what was taken must come out the same from then on. */
function codecTarget(
  name: string,
  samples: readonly Uint8Array[],
  recode: (bytes: Uint8Array) => Uint8Array,
): FuzzTarget {
  return byteTarget(name, samples, (input) => {
    const encoded = recode(input);
    if (!equalBytes(recode(encoded), encoded)) throw new Error("decoding and encoding changes it");
    return "accepted";
  });
}
