import type { ClientContext } from "../client/client-context.ts";
import { isSameType } from "../content/content-parts.ts";
import {
  describeJoinError,
  INVITE_JOIN_ERROR,
  type InviteJoinError,
  parseInviteJoinError,
} from "../content/invite-join-error.ts";
import { encodeJoinRequest } from "../content/join-request.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import { encodeOutgoing } from "../send/encode-outgoing.ts";
import type { JoinRequestRecord } from "../store/conversation-record.ts";
import type { XmtpDirect, XmtpGroup, XmtpInbox, XmtpMessage } from "../xmtp/port.ts";
import { judgeOfferedGroup } from "./judge-offered-group.ts";

const NS_PER_MS = 1_000_000n;
/** A crowd of groups is denied without a word. */
const LEAVES_AT_A_TIME = 5;
/** How far back the creator's answer may be in the direct conversation. */
const SCAN_MESSAGES = 50;

/** The joiner's side of an invite: asks, asks again in the older form, and knows the group when it comes. */
export class Joiner {
  readonly #context: ClientContext;
  readonly #conversation: number;
  /** Groups without a tag, and since when: their creator may be about to write it. */
  readonly #untagged = new Map<string, number>();

  constructor(context: ClientContext, conversation: number) {
    this.#context = context;
    this.#conversation = conversation;
  }

  /** @returns The group once we are in it. */
  async advance(inbox: XmtpInbox): Promise<XmtpGroup | undefined> {
    const group = await this.#findGroup(inbox);
    if (group !== undefined) return group;
    const direct = await inbox.openDirect(this.#request().creatorInboxId);
    await this.#ask(direct);
    await this.#readAnswer(direct);
    return undefined;
  }

  async #findGroup(inbox: XmtpInbox): Promise<XmtpGroup | undefined> {
    const { creatorInboxId } = this.#request();
    const { tag } = this.#context.book.get(this.#conversation).record;
    const foreign: XmtpGroup[] = [];
    for (const group of inbox.groups()) {
      const nowMs = this.#context.clock.now();
      const sinceMs = this.#untagged.get(group.id) ?? nowMs;
      const verdict = judgeOfferedGroup({
        inviteTag: tag ?? "",
        creatorInboxId,
        groupTag: tryDecodeMetadata(group.appData())?.tag,
        addedBy: group.addedBy(),
        untaggedForMs: nowMs - sinceMs,
      });
      if (verdict === "ours") return group;
      if (verdict === "wait") this.#untagged.set(group.id, sinceMs);
      if (verdict === "foreign") foreign.push(group);
    }
    await leaveForeign(foreign, this.#context);
    return undefined;
  }

  async #ask(direct: XmtpDirect): Promise<void> {
    const { clock, timing } = this.#context;
    const request = this.#request();
    if (request.sentAtMs === undefined) {
      const content = encodeJoinRequest({
        inviteSlug: request.slug,
        profile: {
          ...(request.profileName !== undefined && { name: request.profileName }),
          memberKind: "agent",
        },
      });
      await direct.publish(direct.prepare(content, `join:${request.joinId}`));
      direct.setConsent("allowed");
      this.#update({ sentAtMs: clock.now() });
      return;
    }
    if (request.textSent || clock.now() - request.sentAtMs < timing.textCopyMs) return;
    // Creators with an older app know requests by this text alone.
    const text = encodeOutgoing({ type: "text", text: request.slug });
    await direct.publish(direct.prepare(text, `join-text:${request.joinId}`));
    this.#update({ textSent: true });
  }

  async #readAnswer(direct: XmtpDirect): Promise<void> {
    const { book, clock, log } = this.#context;
    const { creatorInboxId, joinId } = this.#request();
    const { tag } = book.get(this.#conversation).record;
    const messages = await direct.messages({ first: "newest", limit: SCAN_MESSAGES });
    for (const message of messages) {
      if (message.senderInboxId !== creatorInboxId) continue;
      const error = tryReadError(message);
      if (error === undefined || error.inviteTag !== tag) continue;
      const { errorType } = error;
      book.step((step) => {
        const request = step.get(this.#conversation).request;
        step.update(this.#conversation, {
          phase: "refused",
          ...(request && { request: { ...request, errorType, refusedAtMs: clock.now() } }),
        });
        step.addEvent(
          this.#conversation,
          { type: "join_failed", joinId, errorType },
          {
            senderInboxId: creatorInboxId,
            messageId: message.id,
            sentAtMs: Number(message.sentAtNs / NS_PER_MS),
          },
        );
      });
      log.warn(`a join was refused (${errorType}): ${describeJoinError(errorType)}`);
      return;
    }
  }

  #request(): JoinRequestRecord {
    const { request } = this.#context.book.get(this.#conversation).record;
    if (request === undefined) throw new TypeError("a joining conversation without a request");
    return request;
  }

  #update(change: Partial<JoinRequestRecord>): void {
    this.#context.book.step((step) => {
      const { request } = step.get(this.#conversation);
      if (request) step.update(this.#conversation, { request: { ...request, ...change } });
    });
  }
}

/**
 * Turns away from groups that somebody put us into. That they are denied is what counts: nothing of them is fetched any
 * more. Leaving is a message each, and so only for a few of many.
 */
export async function leaveForeign(
  groups: readonly XmtpGroup[],
  { log }: Pick<ClientContext, "log">,
): Promise<void> {
  if (groups.length === 0) return;
  for (const group of groups) group.setConsent("denied");
  log.warn("somebody added us to a group that is not the one we were invited to: left");
  for (const group of groups.slice(0, LEAVES_AT_A_TIME)) {
    await group.leave().catch(() => undefined);
  }
}

function tryReadError({ type, content }: XmtpMessage): InviteJoinError | undefined {
  if (type === undefined || !isSameType(type, INVITE_JOIN_ERROR)) return undefined;
  try {
    return parseInviteJoinError({ type, content });
  } catch {
    return undefined;
  }
}
