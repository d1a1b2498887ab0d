import { createHash } from "node:crypto";
import { openAnnouncement } from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import { encodeAnnouncementPayload } from "../../packages/gossip-sdk/src/announcement/announcement-payload.ts";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import { identityFromRoot } from "../../packages/gossip-sdk/src/identity/identity.ts";
import type { Identity } from "../../packages/gossip-sdk/src/identity/identity.ts";
import { encodeMessageContent } from "../../packages/gossip-sdk/src/message/content.ts";
import type { MessageContent } from "../../packages/gossip-sdk/src/message/content.ts";
import {
  acceptAnnouncement,
  encryptMessage,
  establish,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";
import type {
  EncryptedMessage,
  PeerSession,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";

/** The clock of all samples; nothing in a fuzz run depends on the real one. */
export const NOW_MS = 1_790_000_000_000;

/** Two people in the middle of a conversation, as valid samples to start from. */
export interface GossipFixture {
  readonly crypto: CryptoProvider;
  readonly me: Identity;
  readonly peer: Identity;
  /** From the peer to us, with user data. */
  readonly announcement: Uint8Array;
  readonly userData: Uint8Array;
  /** Our state, waiting for {@link message}. */
  readonly mine: PeerSession;
  /** The peer's state before it wrote {@link message}. */
  readonly theirs: PeerSession;
  /** The next message of the peer, as it lies on the board. */
  readonly message: EncryptedMessage;
  readonly contents: readonly Uint8Array[];
}

const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);

/** One of every kind that the protocol has (section 8). */
const CONTENTS: readonly MessageContent[] = [
  { type: "text", messageId: ID, text: "hello, world ✓" },
  { type: "reply", messageId: ID, text: "yes", citedId: ID },
  {
    type: "forward",
    messageId: ID,
    text: "see",
    forwardedText: "news",
    author: new Uint8Array(32),
  },
  { type: "reaction", messageId: ID, emoji: "👍🏽", citedId: ID },
  { type: "edit", messageId: ID, text: "hello", citedId: ID },
  { type: "delete", messageId: ID, citedId: ID },
  { type: "keep_alive" },
  { type: "retention", seconds: 86_400 },
];

/** Builds the fixture: both announcements exchanged and a few unacknowledged messages of ours. */
export function createGossipFixture(crypto: CryptoProvider): GossipFixture {
  const me = identityFromRoot(rootOf("me"), crypto);
  const peer = identityFromRoot(rootOf("peer"), crypto);
  const userData = encodeAnnouncementPayload({ username: "Ada", message: "May I write to you?" });
  const first = establish(undefined, {
    identity: peer,
    peer: me.publicKeys,
    userData,
    nowMs: NOW_MS,
    crypto,
  });
  const heard = accept(undefined, me, first.announcement, crypto);
  const answer = establish(heard, {
    identity: me,
    peer: peer.publicKeys,
    userData: new Uint8Array(),
    nowMs: NOW_MS,
    crypto,
  });
  const theirs = accept(first.session, peer, answer.announcement, crypto);
  const contents = CONTENTS.map((content) => encodeMessageContent(content));
  let mine = answer.session;
  for (const content of contents.slice(0, 3)) mine = encrypt(mine, content, crypto).session;
  return {
    crypto,
    me,
    peer,
    announcement: first.announcement,
    userData,
    mine,
    theirs,
    message: encrypt(theirs, contents[0] ?? ID, crypto),
    contents,
  };
}

function accept(
  session: PeerSession | undefined,
  identity: Identity,
  bytes: Uint8Array,
  crypto: CryptoProvider,
): PeerSession {
  const opened = openAnnouncement({ identity, bytes, crypto });
  if (opened === undefined) throw new Error("the fixture's own announcement does not open");
  return acceptAnnouncement(session, opened, { nowMs: NOW_MS, crypto }).session;
}

function encrypt(
  session: PeerSession,
  contents: Uint8Array,
  crypto: CryptoProvider,
): EncryptedMessage {
  const message = encryptMessage(session, { contents, nowMs: NOW_MS, crypto });
  if (message === undefined) throw new Error("the fixture has no session");
  return message;
}

function rootOf(name: string): Uint8Array {
  return createHash("sha256").update(`fuzz: ${name}`).digest();
}
