import { base64urlnopad } from "@scure/base";
import { MeshError } from "../errors.ts";
import { type Fields, isCount, isFields } from "../frame/fields.ts";
import { MAX_PEER_ID_LENGTH } from "../frame/limits.ts";
import { nestingOf } from "../frame/nesting.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";
import { isSignedText, signText } from "../identity/signature.ts";
import { sha256Of } from "../message/canonical.ts";

/** What is read of a list at most. */
export const MAX_LIST_BYTES = 256 * 1024;
const MAX_LISTED_PEERS = 1000;
const MAX_NESTING = 8;
const MAX_URL_LENGTH = 512;
const LIST_VERSION = 1;
/** Ours; the reference reads `version`, `peers`, and `updated_at` and nothing else. */
const OWN_KEY = "oc";
const OWN_VERSION = 1;
const SIGNATURE_TAG = "openclaw-mesh/list/1\n";
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;

/** A peer that can be dialed, as a list says; nothing of it is proven. */
export interface ListedPeer {
  /** A key, or a label that proves nothing. */
  readonly peerId: string;
  /** `ws:` or `wss:`, without a name, a password, or a fragment. Whether it is safe to dial is another question. */
  readonly url: string;
}

export interface BootstrapList {
  /** Each address once, in the order of the list. */
  readonly peers: readonly ListedPeer[];
  /** Undefined for a list of the reference, which nobody has signed. */
  readonly proof: ListProof | undefined;
}

export interface ListProof {
  readonly signerId: string;
  /** Rises with every list of a signer. */
  readonly serial: number;
  /** The list is not to be used from then on. */
  readonly expiresAtMs: number | undefined;
  readonly signature: Uint8Array;
  readonly signedText: string;
}

/**
 * Reads a list (section 6), of the reference or of ours. Entries that break a rule are left out.
 *
 * @throws MeshError `list_refused`: not a list of version 1, or beyond its bounds.
 */
export function parseList(text: string): BootstrapList {
  if (Buffer.byteLength(text) > MAX_LIST_BYTES) throw refused(`more than ${MAX_LIST_BYTES} bytes`);
  if (nestingOf(text) > MAX_NESTING) throw refused(`nested deeper than ${MAX_NESTING}`);
  const fields = parseObject(text);
  const { version, peers } = fields;
  if (version !== LIST_VERSION) throw refused("its version is not 1");
  if (!Array.isArray(peers)) throw refused("it names no peers");
  if (peers.length > MAX_LISTED_PEERS) throw refused(`more than ${MAX_LISTED_PEERS} peers`);
  const byUrl = new Map<string, ListedPeer>();
  for (const entry of peers) {
    const peer = isFields(entry) ? tryReadPeer(entry) : undefined;
    if (peer !== undefined && !byUrl.has(peer.url)) byUrl.set(peer.url, peer);
  }
  return { peers: [...byUrl.values()], proof: readProof(fields) };
}

/**
 * Whether a list is to be used: signed by the one peer that we believe, not expired, and not older than the last one.
 *
 * @param options.known - What this returned for the last list of the signer; undefined before the first.
 * @returns A note to keep until the next list: 1 to 70 characters.
 * @throws MeshError `list_refused` with the reason.
 */
export function verifyList(
  { proof }: BootstrapList,
  options: {
    readonly signerId: string;
    readonly known: string | undefined;
    readonly nowMs: number;
  },
): string {
  const { signerId, known, nowMs } = options;
  if (proof === undefined) throw refused("nobody has signed it");
  const key = tryReadPublicKey(signerId);
  if (key === undefined || proof.signerId !== signerId) throw refused("another peer has signed it");
  if (!isSignedText(key, proof.signedText, proof.signature)) throw refused("its signature is bad");
  if (proof.expiresAtMs !== undefined && proof.expiresAtMs <= nowMs) throw refused("it is expired");
  const digest = base64urlnopad.encode(sha256Of(proof.signedText));
  const note = `${proof.serial} ${digest}`;
  if (known !== undefined && known !== note && proof.serial <= serialOf(known)) {
    throw refused("its serial number has not risen");
  }
  return note;
}

/**
 * Writes a list that peers of the reference can read too.
 *
 * @throws MeshError `list_refused`: what {@link parseList} would leave out or refuse is refused here.
 */
export function signList(
  key: MeshKey,
  list: {
    readonly peers: readonly ListedPeer[];
    readonly serial: number;
    readonly updatedAtMs: number;
    readonly expiresAtMs?: number | undefined;
  },
): string {
  const { peers, serial, updatedAtMs, expiresAtMs } = list;
  const own = {
    v: OWN_VERSION,
    signer: key.peerId,
    serial,
    ...(expiresAtMs === undefined ? {} : { expires_at: expiresAtMs }),
  };
  const fields = {
    version: LIST_VERSION,
    peers: peers.map(({ peerId, url }) => ({ peer_id: peerId, ws_url: url })),
    updated_at: new Date(updatedAtMs).toISOString(),
    [OWN_KEY]: own,
  };
  const sig = base64urlnopad.encode(signText(key, SIGNATURE_TAG + JSON.stringify(fields)));
  const text = JSON.stringify({ ...fields, [OWN_KEY]: { ...own, sig } }, undefined, 2);
  const written = parseList(text);
  if (written.peers.length !== peers.length || written.proof === undefined) {
    throw refused("an address appears twice, or an entry breaks a rule");
  }
  return `${text}\n`;
}

function serialOf(note: string): number {
  return Number(note.split(" ", 1)[0]);
}

function tryReadPeer(entry: Fields): ListedPeer | undefined {
  const { peer_id: peerId, ws_url: address } = entry;
  if (typeof peerId !== "string" || peerId === "" || peerId.length > MAX_PEER_ID_LENGTH) {
    return undefined;
  }
  const url = typeof address === "string" ? tryReadAddress(address) : undefined;
  return url === undefined ? undefined : { peerId, url };
}

/** An address as the URL standard writes it; undefined for one that no peer should be dialed at. */
function tryReadAddress(address: string): string | undefined {
  if (address.length > MAX_URL_LENGTH || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const isSocket = url.protocol === "ws:" || url.protocol === "wss:";
  return isSocket && url.username === "" && url.password === "" && url.hash === ""
    ? url.href
    : undefined;
}

/** The signature covers the list as JavaScript writes it again, in the order received, without the signature itself. */
function readProof(fields: Fields): ListProof | undefined {
  const own = fields[OWN_KEY];
  if (!isFields(own) || own["v"] !== OWN_VERSION) return undefined;
  const { sig, ...unsigned } = own;
  const { signer, serial, expires_at: expiresAtMs } = unsigned;
  if (typeof sig !== "string" || !SIGNATURE.test(sig)) return undefined;
  if (typeof signer !== "string" || !isCount(serial)) return undefined;
  if (expiresAtMs !== undefined && !isCount(expiresAtMs)) return undefined;
  return {
    signerId: signer,
    serial,
    expiresAtMs,
    signature: base64urlnopad.decode(sig),
    signedText: SIGNATURE_TAG + JSON.stringify({ ...fields, [OWN_KEY]: unsigned }),
  };
}

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused("it is not JSON");
  }
  if (!isFields(value)) throw refused("it is no object");
  return value;
}

function refused(why: string): MeshError {
  return new MeshError("list_refused", `bootstrap list: ${why}`);
}
