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

  get inboxId(): string {
    return this.#peer.inboxId;
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

  /** Brings somebody else into a conversation that the talker is in. */
  async add(conversationId: string, inboxId: string): Promise<void> {
    await this.#group(conversationId).addMembers([inboxId]);
  }

  /** @returns The message id. */
  async send(conversationId: string, text: string): Promise<string> {
    return await this.#group(conversationId).sendText(text);
  }

  #group(conversationId: string): Group {
    const group = this.#groups.get(conversationId);
    if (group === undefined) throw new TypeError("not a member");
    return group;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#peer[Symbol.asyncDispose]();
  }
}
