import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { directChannelId } from "../direct/direct-channel.ts";
import { encodeDirectContent } from "../direct/direct-content.ts";
import type { Prekey } from "../direct/prekey.ts";
import { sealDirect } from "../direct/seal.ts";
import { MeshError } from "../errors.ts";
import type { Fields } from "../frame/fields.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import { signMessage } from "../message/sign-message.ts";
import type { OwnStore } from "../own/own-store.ts";
import type { SentRow } from "../own/sent-table.ts";
import type { WaitingMessage } from "../own/waiting-table.ts";
import { trustOwn } from "./publisher.ts";
import type { OutgoingContent } from "./types.ts";

const NONCE_BYTES = 16;

export interface DirectSenderDeps {
  readonly key: MeshKey;
  readonly own: OwnStore;
  readonly clock: Clock;
  readonly nextTimestampMs: () => number;
  /** Puts a message of ours into the store and hands it to the engine. */
  readonly send: (message: CheckedMessage) => Promise<void>;
  /** Our own, signed, to go along. */
  readonly currentPrekey: () => Fields;
}

/** How a peer can be written to: sealed, or, where the owner of this peer allows it, in plain text in a channel of that kind. */
export type DirectWay = { readonly prekey: Prekey } | { readonly plainChannel: string };

/** The number of a message among ours in its channel, and the id of the one before. */
interface PlaceInChain {
  readonly seq: number;
  readonly prev: string | undefined;
}

interface Unstored {
  /** To confirm. */
  readonly id: number;
  readonly signed: CheckedMessage;
}

/** Turns what waits for a peer into messages, of each key one, numbered for each channel. One call at a time. */
export class DirectSender {
  readonly #deps: DirectSenderDeps;
  /** Of each peer the message that was signed and did not reach the store: one, since nothing is signed behind it. */
  readonly #unstored = new Map<string, Unstored>();

  constructor(deps: DirectSenderDeps) {
    this.#deps = deps;
  }

  /** @throws MeshError `malformed` | `too_large`: the receiver would refuse it, or no message has room for it. */
  assertSendable(content: OutgoingContent): void {
    encodeDirectContent({ ...contentOf(content), prekey: this.#deps.currentPrekey() });
  }

  /**
   * Seals or signs a message that waits and sends it. It waits no more once it is signed.
   *
   * @param id - Its row.
   * @throws MeshError `malformed` | `too_large`: it never can be, and waits on. The errors of `send`.
   */
  async sendWaiting(id: number, waiting: WaitingMessage, way: DirectWay): Promise<void> {
    const { clock, key, own } = this.#deps;
    const channelId = "prekey" in way ? directChannelId(key, waiting.peerId) : way.plainChannel;
    const chain = own.sent.chain(channelId);
    const seq = (chain?.seq ?? 0) + 1;
    const place = { seq, prev: chain?.prev };
    const signed =
      "prekey" in way
        ? await this.#seal(waiting, way.prekey, place)
        : this.#sign(waiting, channelId, place);
    const sentId = own.transaction(() => {
      own.sent.setChain(channelId, { seq, prev: signed.message.messageId });
      own.waiting.remove(id);
      return own.sent.insert(waiting.key, signed.message, clock.now());
    });
    await this.#store(waiting.peerId, { id: sentId, signed });
  }

  /**
   * Sends what was signed for a peer while the disk was full. Do so before {@link sendWaiting}.
   *
   * @throws MeshError `state_unwritable` | `closed`.
   */
  async sendUnstored(peerId: string): Promise<void> {
    const unstored = this.#unstored.get(peerId);
    if (unstored === undefined) return;
    try {
      await this.#store(peerId, unstored);
    } catch (error) {
      // Over a quota: that may stay so, and what comes after it must not wait. Its key, or the next start, brings it again.
      if (!(error instanceof MeshError) || error.code !== "queue_full") throw error;
    }
    this.#unstored.delete(peerId);
  }

  /** Sends what a key has become, unless the store has it. @throws The errors of `send`. */
  async sendAgain({ id, message }: SentRow): Promise<void> {
    const { clock, own, send } = this.#deps;
    if (message === undefined) return;
    await send(trustOwn(message, clock));
    own.sent.confirm([id]);
  }

  async #store(peerId: string, unstored: Unstored): Promise<void> {
    const { own, send } = this.#deps;
    this.#unstored.set(peerId, unstored);
    await send(unstored.signed);
    own.sent.confirm([unstored.id]);
    this.#unstored.delete(peerId);
  }

  async #seal(
    waiting: WaitingMessage,
    prekey: Prekey,
    place: PlaceInChain,
  ): Promise<CheckedMessage> {
    const { currentPrekey, key, nextTimestampMs } = this.#deps;
    return await sealDirect({
      key,
      prekey,
      content: { ...contentOf(waiting), prekey: currentPrekey() },
      timestampMs: nextTimestampMs(),
      nonce: randomBytes(NONCE_BYTES),
      ...place,
    });
  }

  #sign(waiting: WaitingMessage, channelId: string, place: PlaceInChain): CheckedMessage {
    const { key, nextTimestampMs } = this.#deps;
    return signMessage(key, {
      channelId,
      ...contentOf(waiting),
      timestampMs: nextTimestampMs(),
      nonce: randomBytes(NONCE_BYTES),
      ...place,
    });
  }
}

function contentOf({ body, payload, replyTo }: WaitingMessage | OutgoingContent): {
  readonly body: string;
  readonly payload: unknown;
  readonly replyTo: string | undefined;
} {
  return { body, payload, replyTo };
}
