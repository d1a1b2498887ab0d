// People of the unmodified XMTP SDK in conversations with the agent: cheap enough for a dozen, and free to send anything.
import { encodeText, type Group } from "@xmtp/node-sdk";
import { pollUntil } from "channel-testing";
import { encodeProfileUpdate, parseInviteText } from "convos-node-sdk";
import { countFacts } from "../../support/access-table.ts";
import type { ConvosHost } from "../../support/convos-host.ts";
import { REACTION_ADDED, REACTION_UNICODE } from "../../support/xmtp-enums.ts";
import { readText, sendParts, XmtpPeer } from "../../support/xmtp-peer.ts";

/** A dozen people and a gateway share two cores. */
export const WAIT_MS = 60_000;

/** One of them, in the conversations that he was let into. */
export class CircleMember implements AsyncDisposable {
  readonly peer: XmtpPeer;
  readonly #circle: Circle;

  constructor(circle: Circle, peer: XmtpPeer) {
    this.#circle = circle;
    this.peer = peer;
  }

  get inboxId(): string {
    return this.peer.inboxId;
  }

  /** As the agent shows him. */
  get shortId(): string {
    return this.inboxId.slice(0, 6);
  }

  /** Asks to be let in with the invite as a text, as the app does, and waits until he is. */
  async join(inviteUrl: string, creatorInboxId: string, conversationId: string): Promise<void> {
    await this.peer.write(creatorInboxId, parseInviteText(inviteUrl).slug);
    await this.group(conversationId);
  }

  async invite(conversationId: string, members: readonly CircleMember[]): Promise<void> {
    const group = await this.group(conversationId);
    await group.addMembers(members.map(({ inboxId }) => inboxId));
  }

  async group(conversationId: string): Promise<Group> {
    const group = await pollUntil(
      () => this.peer.group(conversationId),
      (found) => found !== undefined,
      WAIT_MS,
      `${this.shortId} in conversation ${conversationId}`,
    );
    if (group === undefined) throw new TypeError("test: not in the conversation");
    return group;
  }

  async callHimself(conversationId: string, name: string): Promise<void> {
    await sendParts(await this.group(conversationId), encodeProfileUpdate({ name }));
  }

  async say(conversationId: string, text: string): Promise<string> {
    const group = await this.#current(conversationId);
    return group.sendText(text);
  }

  async reply(conversationId: string, text: string, messageId: string): Promise<void> {
    const group = await this.#current(conversationId);
    await group.sendReply({ reference: messageId, content: encodeText(text) });
  }

  async sendFile(conversationId: string, filename: string, text: string): Promise<void> {
    const group = await this.#current(conversationId);
    const content = new TextEncoder().encode(text);
    await group.sendAttachment({ filename, mimeType: "text/plain", content });
  }

  /** Gives the conversation another name, as every member may. */
  async rename(conversationId: string, name: string): Promise<void> {
    const group = await this.group(conversationId);
    await group.updateName(name);
  }

  async react(conversationId: string, emoji: string, messageId: string): Promise<void> {
    const group = await this.#current(conversationId);
    await group.sendReaction({
      reference: messageId,
      referenceInboxId: "",
      action: REACTION_ADDED,
      content: emoji,
      schema: REACTION_UNICODE,
    });
  }

  /** The group as it is now: what is written under its old keys, nobody who came since can read. */
  async #current(conversationId: string): Promise<Group> {
    this.#circle.sent += 1;
    const group = await this.group(conversationId);
    await group.sync();
    return group;
  }

  /** Texts that the agent has written there, replies included. */
  async read(conversationId: string, agentInboxId: string): Promise<string[]> {
    const group = await this.group(conversationId);
    await group.sync();
    return (await group.messages())
      .filter(({ senderInboxId }) => senderInboxId === agentInboxId)
      .map(({ content }) => readText(content))
      .filter((text) => text !== undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.peer[Symbol.asyncDispose]();
  }
}

/** All of them, and what they have sent to the agent. */
export class Circle implements AsyncDisposable {
  /** Messages, replies and reactions that the agent's account must have dealt with. */
  sent = 0;
  readonly #members: CircleMember[] = [];

  async member(apiUrl: string): Promise<CircleMember> {
    const member = new CircleMember(this, await XmtpPeer.start(apiUrl));
    this.#members.push(member);
    return member;
  }

  /** Resolves when the agent's account has dealt with everything that was sent: what has no effect by now has none. */
  async settle({ host }: ConvosHost): Promise<void> {
    await pollUntil(
      async () => countFacts(host.paths.stateDir, "default", "convos"),
      ({ open, stored }) => stored >= this.sent && open === 0,
      WAIT_MS,
      `${this.sent} facts dealt with`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((member) => member[Symbol.asyncDispose]()));
  }
}
