import type { Clock } from "../clock.ts";
import type { MeshStore } from "../store/port.ts";
import type { PrivateReach, ResolveHost } from "./address-guard.ts";
import { httpGet } from "./http-get.ts";
import { MAX_LIST_BYTES, parseList, verifyList } from "./list.ts";

const TIMEOUT_MS = 10_000;
const NOTE = "bootstrap-list";

export interface FetchListOptions {
  readonly url: URL;
  /** Who must have signed the list; undefined for a list that nobody has to sign. */
  readonly signer: string | undefined;
  /** Our own id: an entry of ours is skipped. */
  readonly ownId: string;
  /** Where the list itself may be; it says nothing of the addresses in it. */
  readonly reach: PrivateReach;
  readonly resolve: ResolveHost;
  /** Where it stands which list was the last. */
  readonly notes: Pick<MeshStore, "readNote" | "writeNote">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Fetches a list of peers (section 6) and checks it.
 *
 * @returns The addresses in it, in its order. None of them is checked or proven; whoever dials one does that.
 * @throws MeshError `invalid_url` | `unsafe_address` | `network_unreachable` | `too_large` | `malformed` | `list_refused`.
 */
export async function fetchList(options: FetchListOptions): Promise<readonly string[]> {
  const { clock, notes, ownId, reach, resolve, signal, signer, url } = options;
  const text = await httpGet(url, {
    reach,
    resolve,
    signal,
    maxBytes: MAX_LIST_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  const list = parseList(text);
  if (signer !== undefined) {
    const name = `${NOTE}/${signer}`;
    const known = notes.readNote(name);
    const note = verifyList(list, { signerId: signer, known, nowMs: clock.now() });
    // Before it is used, so that an older one is refused from the first use on.
    if (note !== known) notes.writeNote(name, note);
  }
  return list.peers.filter(({ peerId }) => peerId !== ownId).map((peer) => peer.url);
}
