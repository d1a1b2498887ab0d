import { equalBytes } from "../codec/bytes.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { GossipError } from "../errors.ts";
import {
  createAnnouncement,
  type IncomingRequest,
  type OpenedAnnouncement,
  type OutgoingRequest,
} from "../announcement/announcement.ts";
import type { Identity } from "../identity/identity.ts";
import type { PublicKeyBundle } from "../identity/public-keys.ts";
import { MAX_CONTENTS_BYTES } from "../limits.ts";
import { boardValueInner, signBoardValue, verifyBoardValue } from "./board-value.ts";
import {
  type ActiveSession,
  createActiveSession,
  type OpenedStep,
  openStep,
  peerLag,
  sealStep,
  selfLag,
} from "./ratchet.ts";
import { DEFAULT_SESSION_CONFIG, type SessionConfig } from "./session-config.ts";

/**
 * All there is between us and one peer (section 7). Immutable: every function here takes a state and returns the next
 * one, and the caller stores it before anybody is told.
 */
export interface PeerSession {
  readonly active?: ActiveSession;
  /** The newest announcement of the peer. */
  readonly incoming?: IncomingRequest;
  /** Our newest announcement to the peer. */
  readonly outgoing?: OutgoingRequest;
}

/** The state of a peer that was never announced to and never announced itself. */
export const EMPTY_PEER_SESSION: PeerSession = {};

export type SessionStatus =
  | "active"
  | "unknown_peer"
  | "no_session"
  | "peer_requested"
  | "self_requested"
  | "killed"
  | "saturated";

/** How a peer stands, by the rules of the official client. Undefined means that we know nothing of the peer. */
export function sessionStatus(
  session: PeerSession | undefined,
  config: SessionConfig = DEFAULT_SESSION_CONFIG,
): SessionStatus {
  if (session === undefined) return "unknown_peer";
  if (session.active !== undefined) {
    return selfLag(session.active) >= config.maxSelfLag ? "saturated" : "active";
  }
  if (session.incoming !== undefined) {
    return session.outgoing === undefined ? "peer_requested" : "killed";
  }
  return session.outgoing === undefined ? "no_session" : "self_requested";
}

/**
 * Announces ourselves to a peer: the first contact, the acceptance of one, and a renewal are all this. If the peer has
 * announced itself at any time, a new session starts at once and replaces the old one; what was sent in the old one
 * and not acknowledged has to be sent again.
 *
 * @param input.userData - See announcement-payload.ts; empty for acceptances and renewals.
 * @returns The announcement for the bulletin. Store the session first.
 * @throws GossipError `too_large` | `invalid_public_keys`.
 */
export function establish(
  session: PeerSession | undefined,
  input: {
    identity: Identity;
    peer: PublicKeyBundle;
    userData: Uint8Array;
    nowMs: number;
    crypto: CryptoProvider;
    config?: SessionConfig;
  },
): { session: PeerSession; announcement: Uint8Array } {
  const { identity, peer, userData, crypto, config = DEFAULT_SESSION_CONFIG } = input;
  // A peer drops an announcement that is not newer than the last it has of us.
  const earliestMs = config.monotonicSendClock ? (session?.outgoing?.createdAtMs ?? -1) + 1 : 0;
  const { bytes, request } = createAnnouncement({
    identity,
    recipient: peer,
    userData,
    nowMs: Math.max(input.nowMs, earliestMs),
    crypto,
  });
  const incoming = session?.incoming;
  return {
    session: {
      ...session,
      outgoing: request,
      ...(incoming && { active: createActiveSession(request, incoming, crypto) }),
    },
    announcement: bytes,
  };
}

export type AnnouncementRejection = "too_old" | "future" | "superseded";

/**
 * Takes an announcement of the peer into its state. If we announced ourselves at any time, a new session starts at
 * once and replaces the old one.
 *
 * @param session - The state of `opened.sender`, undefined when there is none.
 * @returns The next state, and whether the announcement counts; if not, the state is the one given (an empty one for
 * an unknown peer, which is not worth storing).
 */
export function acceptAnnouncement(
  session: PeerSession | undefined,
  opened: Pick<OpenedAnnouncement, "request">,
  input: { nowMs: number; crypto: CryptoProvider; config?: SessionConfig },
): { session: PeerSession; accepted: boolean; rejected?: AnnouncementRejection } {
  const { nowMs, crypto, config = DEFAULT_SESSION_CONFIG } = input;
  const before = session ?? EMPTY_PEER_SESSION;
  const { request } = opened;
  const refuse = (rejected: AnnouncementRejection) => ({
    session: before,
    accepted: false,
    rejected,
  });
  if (request.createdAtMs < nowMs - config.maxAnnouncementAgeMs) return refuse("too_old");
  if (request.createdAtMs > nowMs + config.maxAnnouncementFutureMs) return refuse("future");
  if (before.incoming !== undefined && request.createdAtMs <= before.incoming.createdAtMs) {
    return refuse("superseded");
  }
  const { outgoing } = before;
  return {
    session: {
      ...before,
      incoming: request,
      ...(outgoing && { active: createActiveSession(outgoing, request, crypto) }),
    },
    accepted: true,
  };
}

/** One message ready for the board. */
export interface EncryptedMessage {
  readonly session: PeerSession;
  /** The address, 34 bytes. */
  readonly seeker: Uint8Array;
  readonly data: Uint8Array;
  /** The time stamp inside, which is the local clock moved forward where it had gone back. */
  readonly sentAtMs: number;
}

/**
 * Encrypts contents as the next message to a peer (section 6.3). Store the returned session together with the
 * ciphertext before posting: after a crash the same bytes must go to the same address.
 *
 * @param input.contents - Encoded contents, see message/content.ts; at most 1 MiB.
 * @returns Undefined without an active session, or when too many own messages are unanswered.
 * @throws GossipError `too_large`.
 */
export function encryptMessage(
  session: PeerSession | undefined,
  input: {
    contents: Uint8Array;
    nowMs: number;
    crypto: CryptoProvider;
    config?: SessionConfig;
  },
): EncryptedMessage | undefined {
  const { contents, nowMs, crypto, config = DEFAULT_SESSION_CONFIG } = input;
  if (contents.length > MAX_CONTENTS_BYTES) {
    throw new GossipError(
      "too_large",
      `message: ${contents.length} bytes of contents, at most ${MAX_CONTENTS_BYTES} are taken`,
    );
  }
  const active = session?.active;
  if (active === undefined || selfLag(active) >= config.maxSelfLag) return undefined;
  const sentAtMs = config.monotonicSendClock ? Math.max(nowMs, active.lastOutgoingMs) : nowMs;
  const { next, inner } = sealStep(active, contents, sentAtMs, crypto);
  return {
    session: { ...session, active: next },
    seeker: active.ownSeekerKey.seeker,
    data: signBoardValue(active.ownSeekerKey, inner, crypto),
    sentAtMs,
  };
}

/** Why a value at the awaited address ended the session. */
type SessionLossReason =
  | "bad_signature"
  | "undecryptable"
  | "malformed_body"
  | "too_old"
  | "future"
  | "went_back";

export type DecryptResult =
  | {
      readonly kind: "message";
      readonly contents: Uint8Array;
      readonly sentAtMs: number;
      /** A set: repeats over messages, and may hold the empty address of the first step. */
      readonly acknowledgedSeekers: readonly Uint8Array[];
    }
  | { readonly kind: "ignored" }
  | { readonly kind: "lost"; readonly reason: SessionLossReason };

/**
 * Reads a value from the message board (section 6.4 and the time rules of section 7). A value at another address than
 * the awaited one is ignored. Any failure at the awaited address ends the session, as in the official client: the
 * address of the next message was in this one.
 *
 * @param input.verified - Set when {@link verifyBoardValue} has just accepted this very value, to not do it twice.
 * @returns The next state. Store it together with the message before anybody is told.
 */
export function decryptValue(
  session: PeerSession,
  input: {
    seeker: Uint8Array;
    data: Uint8Array;
    nowMs: number;
    identity: Identity;
    crypto: CryptoProvider;
    config?: SessionConfig;
    verified?: boolean;
  },
): { session: PeerSession; result: DecryptResult } {
  const { seeker, data, nowMs, identity, crypto, config = DEFAULT_SESSION_CONFIG } = input;
  const { active, ...rest } = session;
  if (active === undefined || !equalBytes(active.peerSeekerKey.seeker, seeker)) {
    return { session, result: { kind: "ignored" } };
  }
  const lose = (reason: SessionLossReason) => ({
    session: rest,
    result: { kind: "lost", reason } as const,
  });
  if (input.verified !== true && !verifyBoardValue(seeker, data, crypto)) {
    return lose("bad_signature");
  }
  let opened: OpenedStep | undefined;
  try {
    opened = openStep(active, boardValueInner(data), identity.secrets.kem, crypto);
  } catch (error) {
    if (error instanceof GossipError) return lose("malformed_body");
    throw error;
  }
  if (opened === undefined) return lose("undecryptable");
  const { next, contents, sentAtMs, acknowledgedSeekers } = opened;
  if (sentAtMs < nowMs - config.maxMessageAgeMs) return lose("too_old");
  if (sentAtMs > nowMs + config.maxMessageFutureMs) return lose("future");
  if (sentAtMs < active.lastIncomingMs) return lose("went_back");
  return {
    session: { ...rest, active: next },
    result: { kind: "message", contents, sentAtMs, acknowledgedSeekers },
  };
}

/**
 * What time alone does to a session: it expires when the peer was silent for too long, and it wants a keep-alive when
 * we were, or when too many of the peer's messages are unacknowledged.
 */
export function refreshSession(
  session: PeerSession,
  nowMs: number,
  config: SessionConfig = DEFAULT_SESSION_CONFIG,
): { session: PeerSession; keepAliveDue: boolean; expired: boolean } {
  const { active, ...rest } = session;
  if (active === undefined) return { session, keepAliveDue: false, expired: false };
  if (active.lastIncomingMs < nowMs - config.maxInactivityMs) {
    return { session: rest, keepAliveDue: false, expired: true };
  }
  const silent = active.lastOutgoingMs < nowMs - config.keepAliveIntervalMs;
  const keepAliveDue = silent || peerLag(active) >= config.maxPeerLag;
  return { session, keepAliveDue, expired: false };
}

/** The address where the peer's next message will be: the one to poll. Undefined without an active session. */
export function awaitedSeeker(session: PeerSession): Uint8Array | undefined {
  return session.active?.peerSeekerKey.seeker;
}

/**
 * The address our next message will be put at. Foreign bytes there, or our own of a state we do not remember, mean
 * that another copy of this state has been sending.
 */
export function nextOwnSeeker(session: PeerSession): Uint8Array | undefined {
  return session.active?.ownSeekerKey.seeker;
}

/** Addresses of own messages that the peer has not built past, oldest first. */
export function ownSeekers(session: PeerSession): Uint8Array[] {
  return (session.active?.ownHistory ?? [])
    .map((item) => item.seeker)
    .filter((seeker) => seeker.length > 0);
}
