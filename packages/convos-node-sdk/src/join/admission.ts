import { createHash } from "node:crypto";
import type { ClientContext } from "../client/client-context.ts";
import type { BookStep } from "../client/conversation-book.ts";
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
import { type InviteFacts, judgeAdmission, judgeInvite } from "./judge-join-request.ts";
import { type ReceivedJoinRequest, readJoinRequest } from "./read-join-request.ts";

const HOUR_MS = 3_600_000;
const NS_PER_MS = 1_000_000n;
/** How far back a direct conversation is searched: for requests, for the joiner's typed one, and for markers. */
const SCAN_MESSAGES = 20;
/** Adding somebody may fail because another member changed the group just then. */
const ADD_ATTEMPTS = 3;
/** Requests are answered for so long at a time. In between the conversation itself has its turn. */
const TURN_MS = 250;
/** With this many hours' worth of people at the door, the invite is in the wrong hands: all invites are revoked. */
const FLOOD_HOURS = 5;

export interface AdmissionOptions {
  readonly context: ClientContext;
  readonly conversation: number;
  readonly key: ConvosKey;
  readonly commits: Serial;
  /** Sends into the group what tells a new member who the others are. */
  readonly welcome: (request: ReceivedJoinRequest, joinerInboxId: string) => Promise<void>;
  /** Ends every invite made so far. */
  readonly revokeInvites: () => Promise<void>;
}

/** Whether a direct conversation has to be looked at again although nothing new arrives in it. */
type Outcome = "done" | "waits" | "again";

/** The creator's side of an invite: reads the direct conversations of one inbox and lets people in. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #attempts = new Map<string, number>();
  /** Direct conversations in which nothing is left to do, and their newest message then. */
  readonly #done = new Map<string, string>();
  /** Direct conversations whose requests wait until somebody may be let in again. */
  readonly #waiting = new Set<string>();
  /** The invite of the latest request. */
  #verified: { readonly id: string; readonly verified: Verified } | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Answers what has not been answered in these direct conversations, for a limited time.
   *
   * @returns Whether there is more to do.
   */
  async process(directs: readonly XmtpDirect[], group: XmtpGroup): Promise<boolean> {
    const { clock, timing } = this.#options.context;
    const untilMs = clock.now() + TURN_MS;
    let isFull = this.#isFull();
    let looks = 0;
    for (const direct of directs) {
      const newest = direct.newestMessageId;
      if (newest === undefined || this.#done.get(direct.id) === newest) continue;
      if (this.#waiting.has(direct.id) && isFull) continue;
      // At least one: what was skipped must not use the whole turn up.
      if (looks > 0 && clock.now() >= untilMs) return true;
      const outcome = await this.#tryLook(direct, group);
      looks += 1;
      isFull = this.#isFull();
      if (outcome === "done") this.#done.set(direct.id, newest);
      if (outcome === "waits") this.#onWaits(direct);
      else this.#waiting.delete(direct.id);
    }
    if (this.#waiting.size > FLOOD_HOURS * timing.admissionsPerHour) await this.#endFlood();
    return false;
  }

  /** One that fails must not keep the others waiting: a stranger decides what is in it. */
  async #tryLook(direct: XmtpDirect, group: XmtpGroup): Promise<Outcome> {
    try {
      return await this.#look(direct, group);
    } catch (error) {
      if (!(error instanceof ConvosError) || !isAboutThisOne(error)) throw error;
      this.#options.context.log.debug(`a join request could not be answered: ${error.code}`);
      return "again";
    }
  }

  async #look(direct: XmtpDirect, group: XmtpGroup): Promise<Outcome> {
    const messages = await direct.messages({ first: "newest", limit: SCAN_MESSAGES });
    const outcomes = new Set<Outcome>();
    for (const message of messages.toReversed()) {
      if (message.senderInboxId !== direct.peerInboxId) continue;
      const request = readJoinRequest(message);
      if (request === undefined) continue;
      outcomes.add(await this.#answer({ request, message, messages, direct, group }));
      if (direct.consent() === "denied") break;
    }
    return outcomes.has("again") ? "again" : outcomes.has("waits") ? "waits" : "done";
  }

  #onWaits(direct: XmtpDirect): void {
    this.#waiting.add(direct.id);
    const { context, conversation } = this.#options;
    const { book, clock, log } = context;
    const toldMs = book.get(conversation).record.waitingToldMs ?? -Infinity;
    if (clock.now() - toldMs < HOUR_MS) return;
    log.warn("join requests wait: too many people joined within the hour");
    book.step((step) => {
      step.update(conversation, { waitingToldMs: clock.now() });
      step.addEvent(conversation, { type: "joins_waiting" });
    });
  }

  /** Those who wait are refused from here on. */
  async #endFlood(): Promise<void> {
    this.#options.context.log.warn(
      "far more people asked to join than may within the hour: the invites were revoked",
    );
    await this.#options.revokeInvites();
    this.#waiting.clear();
  }

  #isFull(): boolean {
    return this.#admissions().length >= this.#options.context.timing.admissionsPerHour;
  }

  async #answer(asked: Asked): Promise<Outcome> {
    const { context, conversation, key } = this.#options;
    const { request, group } = asked;
    const { invite, messageId } = request;
    if (context.store.ledger.find(conversation, "join request", messageId) !== undefined) {
      return "done";
    }
    const judged = judgeInvite({
      payload: invite.payload,
      ownInboxId: key.inboxId,
      nowMs: context.clock.now(),
      ...this.#verify(invite),
      ownConversationId: group.id,
    });
    if (judged.verdict === "ignore") return "done";
    if (judged.verdict === "block") {
      context.log.warn("a join request with a forged invite was blocked");
      asked.direct.setConsent("denied");
      return "done";
    }
    if (judged.verdict === "error") {
      await this.#refuse(asked, judged.errorType, judged.reason);
      return "done";
    }
    return this.#options.commits.run(() => this.#decide(asked));
  }

  /** Costs some milliseconds, and a crowd comes with one and the same invite. */
  #verify(invite: SignedInvite): Verified {
    const { key } = this.#options;
    const id = inviteId(invite) + toHex(invite.signature);
    const known = this.#verified;
    if (known?.id === id) return known.verified;
    const verified = {
      isSignedByUs: isSignedBy(invite, publicKeyOf(key.privateKey)),
      tokenConversationId: tryOpenToken(invite, key),
    };
    this.#verified = { id, verified };
    return verified;
  }

  async #decide(asked: Asked): Promise<Outcome> {
    const { context, conversation } = this.#options;
    const { request, direct, group } = asked;
    const { ledger } = context.store;
    // Told by what is here: a crowd at the door must not cost one question to the network each.
    if (this.#isFull() && (await wouldBeNew(asked))) return "waits";
    await group.sync();
    const members = await group.members();
    const judged = judgeAdmission({
      inviteTag: request.invite.payload.tag,
      currentTag: tryDecodeMetadata(group.appData())?.tag,
      isTagRevoked:
        ledger.find(conversation, "revoked tag", request.invite.payload.tag) !== undefined,
      isMember: members.some(({ inboxId }) => inboxId === direct.peerInboxId),
      isGroupDenied: group.consent() === "denied",
      isHandledElsewhere: isHandledElsewhere(asked),
      spentBy: request.invite.payload.expiresAfterUse
        ? ledger.find(conversation, "single-use invite", inviteId(request.invite))
        : undefined,
      hasLetIn:
        ledger.find(conversation, "let in by single-use invite", inviteId(request.invite)) !==
        undefined,
      joinerInboxId: direct.peerInboxId,
      admissionsInLastHour: this.#admissions().length,
      admissionsPerHour: context.timing.admissionsPerHour,
    });
    switch (judged.verdict) {
      case "ignore":
        this.#note(request, "handled elsewhere");
        return "done";
      case "wait":
        return "waits";
      case "already_in":
        await this.#settle(asked);
        return "done";
      case "error":
        await this.#refuse(asked, judged.errorType, judged.reason);
        return "done";
      case "admit":
        break;
    }
    return this.#admit(asked);
  }

  async #admit(asked: Asked): Promise<Outcome> {
    const { context, conversation } = this.#options;
    const { request, direct, group } = asked;
    if ((await this.#ask(asked)) !== "admit") {
      await this.#refuse(asked, "consent_not_allowed");
      return "done";
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
      return this.#onAddFailed(asked, error);
    }
    context.book.step((step) => {
      const admissionsMs = [...this.#admissions(), context.clock.now()];
      step.update(conversation, { admissionsMs });
      step.store.ledger.add(conversation, "join request", request.messageId, "admitted");
      this.#noteLetIn(step, asked);
      // Our own commit does not come back as a message.
      step.addEvent(
        conversation,
        { type: "members_changed", added: [direct.peerInboxId], removed: [] },
        { senderInboxId: direct.peerInboxId, messageId: "", sentAtMs: context.clock.now() },
      );
    });
    await this.#options.welcome(request, direct.peerInboxId);
    await this.#settle(asked);
    return "done";
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
  async #onAddFailed(asked: Asked, error: unknown): Promise<Outcome> {
    if (!(error instanceof ConvosError)) throw error;
    if (error.code === "network_unreachable" || error.code === "closed") throw error;
    const { messageId } = asked.request;
    const attempts = (this.#attempts.get(messageId) ?? 0) + 1;
    this.#attempts.set(messageId, attempts);
    if (attempts < ADD_ATTEMPTS) return "again";
    this.#attempts.delete(messageId);
    await this.#refuse(asked, "generic_failure", error.code);
    return "done";
  }

  /** Whoever got in by a single-use invite is in, also when a kill kept us from noting it at once. */
  #noteLetIn({ store: { ledger } }: BookStep, { direct, request }: Asked): void {
    const { conversation } = this.#options;
    const id = inviteId(request.invite);
    if (ledger.find(conversation, "single-use invite", id) !== direct.peerInboxId) return;
    ledger.add(conversation, "let in by single-use invite", id, direct.peerInboxId);
  }

  /** Done with a request that led into the group. */
  async #settle(asked: Asked): Promise<void> {
    const { context } = this.#options;
    const { request, direct, messages } = asked;
    context.book.step((step) => this.#noteLetIn(step, asked));
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

type Verified = Pick<InviteFacts, "isSignedByUs" | "tokenConversationId">;

interface Asked {
  readonly request: ReceivedJoinRequest;
  readonly message: XmtpMessage;
  /** Of the direct conversation, newest first. */
  readonly messages: readonly XmtpMessage[];
  readonly direct: XmtpDirect;
  readonly group: XmtpGroup;
}

/** Somebody who is not in the group and has an invite that holds, as far as this disk knows. */
async function wouldBeNew({ request, direct, group }: Asked): Promise<boolean> {
  if (tryDecodeMetadata(group.appData())?.tag !== request.invite.payload.tag) return false;
  return !(await group.members()).some(({ inboxId }) => inboxId === direct.peerInboxId);
}

/** What one direct conversation alone may be the reason of. The network and our own state concern all of them. Pure. */
export function isAboutThisOne({ code }: ConvosError): boolean {
  return ["xmtp_failed", "not_allowed", "unknown_message", "malformed", "too_large"].includes(code);
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
export function inviteId({ payloadBytes }: SignedInvite): string {
  return toHex(createHash("sha256").update(payloadBytes).digest());
}

async function sendOnce(
  direct: XmtpDirect,
  content: EncodedContentParts,
  key: string,
): Promise<void> {
  await direct.publish(direct.prepare(content, key));
}
