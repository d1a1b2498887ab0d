import { base64 } from "@scure/base";
import type { MeshKey } from "../identity/mesh-key.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";
import { isSignedText, signText } from "../identity/signature.ts";

const TAG = "openclaw-mesh/link/1\n";

/** Who has dialed, and who has answered. */
export type LinkRole = "dialer" | "acceptor";

/** What both ends of one connection know of it after their handshakes (section 3.3). */
export interface LinkFacts {
  readonly dialerId: string;
  readonly acceptorId: string;
  /** As the handshakes carry them: 43 characters. */
  readonly dialerNonce: string;
  readonly acceptorNonce: string;
  /**
   * The name that was dialed, by {@link linkHostOf}: the dialer's from its address, the acceptor's from the `Host` header,
   * after a look whether that is a name of its own. A peer in the middle has a name of its own and is found out by it.
   */
  readonly host: string;
}

/** The signature for an `auth` frame of ours: base64 of 64 bytes. @throws RangeError when the key is not of that end. */
export function makeLinkProof(key: MeshKey, role: LinkRole, facts: LinkFacts): string {
  if (idOf(role, facts) !== key.peerId) throw new RangeError("link proof: not our end of the link");
  return base64.encode(signText(key, signedText(role, facts)));
}

/**
 * Whether the other end holds the key of its id, now and for this connection.
 *
 * @param role - The end that has made the proof.
 * @param signature - Of its `auth` frame, whose form is checked already.
 */
export function checkLinkProof(signature: string, role: LinkRole, facts: LinkFacts): boolean {
  // Both ends with one id: a peer that has dialed itself, or one that sends our own frames back.
  if (facts.dialerId === facts.acceptorId || facts.host === "") return false;
  const key = tryReadPublicKey(idOf(role, facts));
  if (key === undefined) return false;
  return isSignedText(key, signedText(role, facts), Buffer.from(signature, "base64"));
}

/** Host and port of an address or of a `Host` header, in lower case; the port is left out where it is the usual one. */
export function linkHostOf(address: string | URL, protocol: "ws:" | "wss:" = "ws:"): string {
  if (address instanceof URL) return address.host;
  const url = address.includes("://") ? address : `${protocol}//${address}`;
  return URL.canParse(url) ? new URL(url).host : "";
}

function idOf(role: LinkRole, facts: LinkFacts): string {
  return role === "dialer" ? facts.dialerId : facts.acceptorId;
}

function signedText(role: LinkRole, facts: LinkFacts): string {
  const { dialerId, acceptorId, dialerNonce, acceptorNonce, host } = facts;
  return TAG + JSON.stringify([role, dialerId, acceptorId, dialerNonce, acceptorNonce, host]);
}
