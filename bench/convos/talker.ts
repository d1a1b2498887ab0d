import type { Group } from "@xmtp/node-sdk";
import { encodeJoinRequest } from "convos-node-sdk";
import { pollUntil } from "channel-testing";
import { XmtpPeer } from "../../test/support/xmtp-peer.ts";

const ADMISSION_TIMEOUT_MS = 60_000;

/** Somebody with the plain XMTP SDK and one inbox, who writes into many conversations. */
export class Talker implements AsyncDisposable {
  readonly #peer: XmtpPeer;
  readonly #groups = new Map<string, Group>();

  private constructor(peer: XmtpPeer) {
    this.#peer = peer;
  }

  static async start(nodeUrl: string): Promise<Talker> {
    return new Talker(await XmtpPeer.start(nodeUrl));
  }

  /** Asks the creator to be let in, and waits for it. */
  async join(creatorInboxId: string, conversationId: string, inviteSlug: string): Promise<void> {
    await this.#peer.write(creatorInboxId, encodeJoinRequest({ inviteSlug }));
    const group = await pollUntil(
      () => this.#peer.group(conversationId),
      (found) => found !== undefined,
      ADMISSION_TIMEOUT_MS,
      "admission",
    );
    if (group !== undefined) this.#groups.set(conversationId, group);
  }

  async send(conversationId: string, text: string): Promise<void> {
    const group = this.#groups.get(conversationId);
    if (group === undefined) throw new TypeError("not a member");
    await group.sendText(text);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#peer[Symbol.asyncDispose]();
  }
}
