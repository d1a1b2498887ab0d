import { createHash } from "node:crypto";
import type { ClientContext } from "../client/client-context.ts";
import { toHex } from "../codec/bytes.ts";
import { type EncodedContentParts, isSameType } from "../content/content-parts.ts";
import { encodeInviteJoinError, type InviteJoinErrorType } from "../content/invite-join-error.ts";
import {
  encodeInviteJoinHandled,
  INVITE_JOIN_HANDLED,
  parseInviteJoinHandled,
} from "../content/invite-join-handled.ts";
import { ConvosError } from "../errors.ts";
import { type ConvosKey, publicKeyOf } from "../identity/key.ts";
import { isSignedBy } from "../invite/signature.ts";
import type { SignedInvite } from "../invite/signed-invite.ts";
import { openConversationToken } from "../invite/token.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import type { Serial } from "../pacing/serial.ts";
import type { XmtpDirect, XmtpGroup, XmtpMessage } from "../xmtp/port.ts";
import { judgeAdmission, judgeInvite } from "./judge-join-request.ts";
import { type ReceivedJoinRequest, readJoinRequest } from "./read-join-request.ts";

const HOUR_MS = 3_600_000;
const NS_PER_MS = 1_000_000n;
/** How far back a direct conversation is searched: for requests, for the joiner's typed one, and for markers. */
const SCAN_MESSAGES = 20;
/** Adding somebody may fail because another member changed the group just then. */
const ADD_ATTEMPTS = 3;

export interface AdmissionOptions {
  readonly context: ClientContext;
  readonly conversation: number;
  readonly key: ConvosKey;
  readonly commits: Serial;
  /** Sends into the group what tells a new member who the others are. */
  readonly welcome: (request: ReceivedJoinRequest, joinerInboxId: string) => Promise<void>;
}

/** The creator's side of an invite: reads the direct conversations of one inbox and lets people in. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #attempts = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Answers what has not been answered in these direct conversations. */
  async process(directs: readonly XmtpDirect[], group: XmtpGroup): Promise<void> {
    for (const direct of directs) {
      const messages = await direct.messages({ first: "newest", limit: SCAN_MESSAGES });
      for (const message of messages.toReversed()) {
        if (message.senderInboxId !== direct.peerInboxId) continue;
        const request = readJoinRequest(message);
        if (request === undefined) continue;
        await this.#answer({ request, message, messages, direct, group });
        if (direct.consent() === "denied") break;
      }
    }
  }

  async #answer(asked: Asked): Promise<void> {
    const { context, conversation, key } = this.#options;
    const { request, group } = asked;
    const { invite, messageId } = request;
    const judged = judgeInvite({
      payload: invite.payload,
      ownInboxId: key.inboxId,
      nowMs: context.clock.now(),
      isSignedByUs: isSignedBy(invite, publicKeyOf(key.privateKey)),
      isAnswered: context.store.ledger.find(conversation, "join request", messageId) !== undefined,
      tokenConversationId: tryOpenToken(invite, key),
      ownConversationId: group.id,
    });
    if (judged.verdict === "ignore") return;
    if (judged.verdict === "block") {
      context.log.warn("a join request with a forged invite was blocked");
      asked.direct.setConsent("denied");
      return;
    }
    if (judged.verdict === "error") {
      await this.#refuse(asked, judged.errorType, judged.reason);
      return;
    }
    await this.#options.commits.run(() => this.#decide(asked));
  }

  async #decide(asked: Asked): Promise<void> {
    const { context, conversation } = this.#options;
    const { request, direct, group } = asked;
    await group.sync();
    const { ledger } = context.store;
    const members = await group.members();
    const judged = judgeAdmission({
      inviteTag: request.invite.payload.tag,
      currentTag: tryDecodeMetadata(group.appData())?.tag,
      isMember: members.some(({ inboxId }) => inboxId === direct.peerInboxId),
      isGroupDenied: group.consent() === "denied",
      isHandledElsewhere: isHandledElsewhere(asked),
      spentBy: request.invite.payload.expiresAfterUse
        ? ledger.find(conversation, "single-use invite", inviteId(request.invite))
        : undefined,
      joinerInboxId: direct.peerInboxId,
      admissionsInLastHour: this.#admissions().length,
      admissionsPerHour: context.timing.admissionsPerHour,
    });
    switch (judged.verdict) {
      case "ignore":
        this.#note(request, "handled elsewhere");
        return;
      case "wait":
        context.log.warn("a join request waits: too many people joined within the hour");
        return;
      case "already_in":
        await this.#settle(asked);
        return;
      case "error":
        await this.#refuse(asked, judged.errorType, judged.reason);
        return;
      case "admit":
        await this.#admit(asked);
    }
  }

  async #admit(asked: Asked): Promise<void> {
    const { context, conversation } = this.#options;
    const { request, direct, group } = asked;
    if ((await this.#ask(asked)) !== "admit") {
      await this.#refuse(asked, "consent_not_allowed");
      return;
    }
    if (request.invite.payload.expiresAfterUse) {
      // Before the member is added: used up by somebody who did not get in is better than used twice.
      context.store.transaction(() =>
        context.store.ledger.add(
          conversation,
          "single-use invite",
          inviteId(request.invite),
          direct.peerInboxId,
        ),
      );
    }
    try {
      await group.addMember(direct.peerInboxId);
    } catch (error) {
      await this.#onAddFailed(asked, error);
      return;
    }
    context.book.step((step) => {
      const admissionsMs = [...this.#admissions(), context.clock.now()];
      step.update(conversation, { admissionsMs });
      step.store.ledger.add(conversation, "join request", request.messageId, "admitted");
      // Our own commit does not come back as a message.
      step.addEvent(
        conversation,
        { type: "members_changed", added: [direct.peerInboxId], removed: [] },
        { senderInboxId: direct.peerInboxId, messageId: "", sentAtMs: context.clock.now() },
      );
    });
    await this.#options.welcome(request, direct.peerInboxId);
    await this.#settle(asked);
  }

  async #ask({ request, direct, group }: Asked): Promise<"admit" | "refuse"> {
    const { profile, invite } = request;
    try {
      return await this.#options.context.admit({
        conversationId: group.id,
        inboxId: direct.peerInboxId,
        singleUse: invite.payload.expiresAfterUse,
        ...(profile && {
          profile: {
            ...(profile.name !== undefined && { name: profile.name }),
            ...(profile.memberKind !== undefined && { memberKind: profile.memberKind }),
          },
        }),
      });
    } catch {
      // A check that cannot decide says no; its message may hold anything.
      this.#options.context.log.warn("the check of a join request failed: refused");
      return "refuse";
    }
  }

  /** Tried again later, unless it has failed often enough. Whoever got in anyway is found to be a member then. */
  async #onAddFailed(asked: Asked, error: unknown): Promise<void> {
    if (!(error instanceof ConvosError)) throw error;
    if (error.code === "network_unreachable" || error.code === "closed") throw error;
    const { messageId } = asked.request;
    const attempts = (this.#attempts.get(messageId) ?? 0) + 1;
    this.#attempts.set(messageId, attempts);
    if (attempts < ADD_ATTEMPTS) return;
    this.#attempts.delete(messageId);
    await this.#refuse(asked, "generic_failure", error.code);
  }

  /** Done with a request that led into the group. */
  async #settle(asked: Asked): Promise<void> {
    const { context } = this.#options;
    const { request, direct, messages } = asked;
    direct.setConsent("allowed");
    // Older apps need their slug to stay the last message.
    const knowsMarkers = messages.some(
      (message) =>
        message.senderInboxId === direct.peerInboxId && readJoinRequest(message)?.isTyped === true,
    );
    if (knowsMarkers) {
      const marker = encodeInviteJoinHandled({
        inviteTag: request.invite.payload.tag,
        handledMessageId: request.messageId,
        timestampMs: context.clock.now(),
      });
      await sendOnce(direct, marker, `handled:${request.messageId}`);
    }
    this.#note(request, "in");
  }

  async #refuse(asked: Asked, errorType: InviteJoinErrorType, reason?: string): Promise<void> {
    const { context } = this.#options;
    const { request, direct } = asked;
    const error = encodeInviteJoinError({
      errorType,
      inviteTag: request.invite.payload.tag,
      timestampMs: context.clock.now(),
      ...(reason !== undefined && { reason }),
    });
    // The key makes it one reply per request, also when we are killed before the next line.
    await sendOnce(direct, error, `error:${request.messageId}`);
    this.#note(request, errorType);
  }

  #note({ messageId }: ReceivedJoinRequest, note: string): void {
    const { context, conversation } = this.#options;
    context.store.transaction(() =>
      context.store.ledger.add(conversation, "join request", messageId, note),
    );
  }

  #admissions(): number[] {
    const { context, conversation } = this.#options;
    const sinceMs = context.clock.now() - HOUR_MS;
    return context.book.get(conversation).record.admissionsMs.filter((ms) => ms > sinceMs);
  }
}

interface Asked {
  readonly request: ReceivedJoinRequest;
  readonly message: XmtpMessage;
  /** Of the direct conversation, newest first. */
  readonly messages: readonly XmtpMessage[];
  readonly direct: XmtpDirect;
  readonly group: XmtpGroup;
}

/** A marker of our own, with this tag, not older than the request. */
function isHandledElsewhere({ request, message, messages, direct }: Asked): boolean {
  return messages.some((candidate) => {
    const { type, content } = candidate;
    if (candidate.senderInboxId === direct.peerInboxId || type === undefined) return false;
    if (!isSameType(type, INVITE_JOIN_HANDLED) || candidate.sentAtNs < message.sentAtNs)
      return false;
    try {
      const marker = parseInviteJoinHandled({ type, content });
      return (
        marker.inviteTag === request.invite.payload.tag &&
        marker.timestampMs + 1_000 > Number(message.sentAtNs / NS_PER_MS)
      );
    } catch {
      return false;
    }
  });
}

function tryOpenToken({ payload }: SignedInvite, key: ConvosKey): string | undefined {
  try {
    return openConversationToken(payload.token, key.privateKey, key.inboxId);
  } catch {
    return undefined;
  }
}

/** The payload has one writer, us; the signature could be written in two ways. */
function inviteId({ payloadBytes }: SignedInvite): string {
  return toHex(createHash("sha256").update(payloadBytes).digest());
}

async function sendOnce(
  direct: XmtpDirect,
  content: EncodedContentParts,
  key: string,
): Promise<void> {
  await direct.publish(direct.prepare(content, key));
}
