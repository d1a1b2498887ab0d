import type { MeshMessage } from "../message/message.ts";

/** Proven messages that are remembered: some seconds of a busy peer. */
const MAX_RECENT = 16_384;

/**
 * Messages that were checked and stored a moment ago. In a mesh each comes from several neighbors, and a stranger can send
 * one again and again: looking it up here costs a hundredth of checking its signature.
 */
export class RecentMessages {
  readonly #digests = new Map<string, Uint8Array>();

  /** The digest of a message that has the names and the signature of a proven one; undefined for any other. */
  find(message: MeshMessage): Uint8Array | undefined {
    const name = tryNameOf(message);
    return name === undefined ? undefined : this.#digests.get(name);
  }

  /** Remembers a proven message. One without its outer signature is not: anybody could change it. */
  add(message: MeshMessage, digest: Uint8Array): void {
    const name = tryNameOf(message);
    if (name === undefined) return;
    this.#digests.set(name, digest);
    if (this.#digests.size <= MAX_RECENT) return;
    for (const oldest of this.#digests.keys()) {
      this.#digests.delete(oldest);
      break;
    }
  }
}

/** The body is not part of it: with another one the signature would be wrong, and the message not worth a look. */
function tryNameOf({ channelId, messageId, senderId, signature }: MeshMessage): string | undefined {
  return signature === undefined
    ? undefined
    : JSON.stringify([channelId, senderId, messageId, signature]);
}
