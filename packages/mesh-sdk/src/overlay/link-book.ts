import { MeshError } from "../errors.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import { chooseLink } from "./duplicate-link.ts";

/** How long a link has to show a sign of life when its peer connects again. */
const PROBE_MS = 3_000;
/** Links of one proven peer at a time: the one that counts, and one that may be dead. */
const MAX_LINKS_PER_PEER = 2;

/** Every connection there is, and which of them count. */
export class LinkBook {
  readonly #ownId: string;
  readonly #links = new Map<string, MeshLink>();
  readonly #selfDials = new WeakSet<MeshLink>();

  constructor(ownId: string) {
    this.#ownId = ownId;
  }

  add(link: MeshLink): void {
    this.#links.set(link.linkId, link);
  }

  remove(link: MeshLink): void {
    this.#links.delete(link.linkId);
  }

  all(): Iterable<MeshLink> {
    return this.#links.values();
  }

  *ready(): Iterable<MeshLink> {
    for (const link of this.#links.values()) if (link.isReady) yield link;
  }

  /** A link over which frames may be exchanged. */
  find(linkId: string): MeshLink | undefined {
    const link = this.#links.get(linkId);
    return link?.isReady === true ? link : undefined;
  }

  hasLinkTo(peerId: string): boolean {
    return this.#proven(peerId).some(({ isReady }) => isReady);
  }

  /** Whether this connection led to ourselves. */
  isSelfDial(link: MeshLink): boolean {
    return this.#selfDials.has(link);
  }

  /**
   * Refuses a remote that calls itself what we are called: it is ourselves, dialed under a name that we did not know for
   * ours, or somebody who lies.
   *
   * @throws MeshError `forged`.
   */
  assertOther(link: MeshLink): void {
    const isEcho = [...this.#links.values()].some(({ nonce }) => nonce === link.remoteNonce);
    if (!isEcho && link.peerId !== this.#ownId) return;
    this.#selfDials.add(link);
    link.close("normal");
    throw new MeshError("forged", "handshake: this is our own id");
  }

  /** Keeps one link with a neighbor that has just proven its id. @returns Whether the new one stays. */
  settleDuplicates(link: MeshLink): boolean {
    const others = this.#proven(link.peerId).filter((other) => other !== link);
    if (others.length >= MAX_LINKS_PER_PEER) {
      link.close("duplicate");
      return false;
    }
    for (const old of others) {
      const choice = chooseLink({
        own: this.#ownId,
        remote: link.peerId,
        oldDirection: old.direction,
        newDirection: link.direction,
      });
      // Whatever is kept may be dead without our knowing: the remote connects again for a reason.
      if (choice !== "keep_new") old.probe(PROBE_MS);
      if (choice === "keep_new") old.close("duplicate");
      if (choice === "keep_old") {
        link.close("duplicate");
        return false;
      }
    }
    return true;
  }

  #proven(peerId: string): MeshLink[] {
    return [...this.#links.values()].filter(
      (link) => link.isProven && link.isOpen && link.peerId === peerId,
    );
  }
}
