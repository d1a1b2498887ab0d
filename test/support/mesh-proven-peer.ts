/** Someone who passes for a peer of ours at the door, by the document alone, and then sends what it likes. */
import { randomBytes, sign } from "node:crypto";
import * as z from "zod";
import type { IndependentKey } from "./independent-mesh-rules.ts";
import { type RawOptions, RawMeshPeer } from "./mesh-raw-peer.ts";

const TheirsSchema = z.looseObject({ peer_id: z.string(), nonce: z.string() });

/** The proof of the one who dials, docs/protocol/mesh.md 3.3. */
function dialerProof(
  key: IndependentKey,
  facts: { readonly acceptorId: string; readonly nonces: readonly [string, string] },
  host: string,
): string {
  const signed = ["dialer", key.peerId, facts.acceptorId, ...facts.nonces, host];
  const text = `openclaw-mesh/link/1\n${JSON.stringify(signed)}`;
  return sign(null, Buffer.from(text), key.privateKey).toString("base64");
}

/**
 * Connects, and proves its key.
 *
 * @param options.host - What it says to have dialed, in `Host` and in the proof; default the address.
 */
export async function connectProven(
  url: string,
  { host = new URL(url).host, ...options }: RawOptions & { readonly host?: string } = {},
): Promise<RawMeshPeer> {
  const nonce = randomBytes(32).toString("base64url");
  const peer = await RawMeshPeer.connect(url, {
    ...options,
    headers: { host },
    greeting: { oc: 1, nonce },
  });
  const theirs = TheirsSchema.parse(await peer.until((frame) => frame.type === "handshake"));
  const facts = { acceptorId: theirs.peer_id, nonces: [nonce, theirs.nonce] } as const;
  peer.send({ type: "auth", signature: dialerProof(peer.key, facts, host) });
  return peer;
}
