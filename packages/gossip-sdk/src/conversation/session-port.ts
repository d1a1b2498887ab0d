import type { OpenedAnnouncement } from "../announcement/announcement.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Identity } from "../identity/identity.ts";
import type { PublicKeyBundle } from "../identity/public-keys.ts";
import {
  acceptAnnouncement,
  awaitedSeeker,
  decryptValue,
  type DecryptResult,
  encryptMessage,
  type EncryptedMessage,
  establish,
  nextOwnSeeker,
  type PeerSession,
  refreshSession,
  sessionStatus,
  type SessionStatus,
} from "../session/peer-session.ts";
import { DEFAULT_SESSION_CONFIG, type SessionConfig } from "../session/session-config.ts";

/** The session layer (sections 5 to 7) as one identity uses it, so that the machine above handles no keys. */
export interface SessionPort {
  establish(
    session: PeerSession,
    input: { peer: PublicKeyBundle; userData: Uint8Array; nowMs: number },
  ): { session: PeerSession; announcement: Uint8Array };
  /** @param input.anyAge - Lifts the age limit, for a restore scan. */
  accept(
    session: PeerSession,
    opened: OpenedAnnouncement,
    input: { nowMs: number; anyAge: boolean },
  ): ReturnType<typeof acceptAnnouncement>;
  encrypt(
    session: PeerSession,
    input: { contents: Uint8Array; nowMs: number },
  ): EncryptedMessage | undefined;
  /** For a value that `verifyBoardValue` has accepted. */
  decrypt(
    session: PeerSession,
    input: { seeker: Uint8Array; data: Uint8Array; nowMs: number },
  ): { session: PeerSession; result: DecryptResult };
  refresh(
    session: PeerSession,
    nowMs: number,
  ): { session: PeerSession; keepAliveDue: boolean; expired: boolean };
  status(session: PeerSession): SessionStatus;
  awaitedSeeker(session: PeerSession): Uint8Array | undefined;
  nextOwnSeeker(session: PeerSession): Uint8Array | undefined;
}

/** Binds the session layer to one identity, one provider and one set of rules. */
export function createSessionPort(deps: {
  identity: Identity;
  crypto: CryptoProvider;
  config?: SessionConfig;
}): SessionPort {
  const { identity, crypto, config = DEFAULT_SESSION_CONFIG } = deps;
  const anyAgeConfig: SessionConfig = { ...config, maxAnnouncementAgeMs: Infinity };
  return {
    establish: (session, input) => establish(session, { ...input, identity, crypto, config }),
    accept: (session, opened, { nowMs, anyAge }) =>
      acceptAnnouncement(session, opened, {
        nowMs,
        crypto,
        config: anyAge ? anyAgeConfig : config,
      }),
    encrypt: (session, input) => encryptMessage(session, { ...input, crypto, config }),
    decrypt: (session, input) =>
      decryptValue(session, { ...input, identity, crypto, config, verified: true }),
    refresh: (session, nowMs) => refreshSession(session, nowMs, config),
    status: (session) => sessionStatus(session, config),
    awaitedSeeker,
    nextOwnSeeker,
  };
}
