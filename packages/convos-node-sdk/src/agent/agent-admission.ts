import { createHash } from "node:crypto";
import type { Client, DecodedMessage, Dm, Group } from "@xmtp/node-sdk";
import type { AdmitAnswer } from "../client/types.ts";
import { toHex } from "../codec/bytes.ts";
import { type EncodedContentParts, isSameType } from "../content/content-parts.ts";
import { encodeInviteJoinError, type InviteJoinErrorType } from "../content/invite-join-error.ts";
import { encodeInviteJoinHandled } from "../content/invite-join-handled.ts";
import type { JoinRequestProfile } from "../content/join-request.ts";
import { encodeProfileSnapshot } from "../content/profile-snapshot.ts";
import { TEXT } from "../content/standard-types.ts";
import { publicKeyOf } from "../identity/key.ts";
import { tryDecodeInvite } from "../invite/invite.ts";
import { isSignedBy } from "../invite/signature.ts";
import type { SignedInvite } from "../invite/signed-invite.ts";
import { openConversationToken } from "../invite/token.ts";
import { judgeAdmission, judgeInvite } from "../join/judge-join-request.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import { Serial } from "../pacing/serial.ts";
import { introduceMembers } from "../profile/introduce-members.ts";
import { CONSENT, DIRECTION } from "../xmtp/enums.ts";
import { holds, inviteJoinHandledCodec, joinRequestCodec, toEncodedContent } from "./codecs.ts";
import { loadAgentProfiles } from "./member-profiles.ts";
import type { ResolvedAgentOptions } from "./options.ts";

const HOUR_MS = 3_600_000;
/** How far back a direct conversation is searched, for requests and for markers. */
const SCAN_MESSAGES = 20;

interface Request {
  readonly message: DecodedMessage;
  readonly invite: SignedInvite;
  /** Older apps know text only, and need their slug to stay the last message. */
  readonly isTyped: boolean;
  readonly profile: JoinRequestProfile | undefined;
}

/** The creator's side of invites, for an agent with one inbox for all its conversations. */
export class AgentAdmission {
  readonly #client: Client<unknown>;
  readonly #options: ResolvedAgentOptions;
  readonly #serial = new Serial();
  /** Requests that were answered. What a former process answered is known by its markers, and by who is a member. */
  readonly #answered = new Set<string>();
  readonly #admissionsMs = new Map<string, number[]>();

  constructor(client: Client<unknown>, options: ResolvedAgentOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Answers requests that came while the agent was away, and those that had to wait. */
  async catchUp(): Promise<void> {
    await this.#client.conversations.syncAll([CONSENT.unknown, CONSENT.allowed]);
    const directs = this.#client.conversations.listDms({
      consentStates: [CONSENT.unknown, CONSENT.allowed],
    });
    for (const direct of directs) {
      const messages = await direct.messages({
        limit: SCAN_MESSAGES,
        direction: DIRECTION.descending,
      });
      for (const message of messages.toReversed()) await this.take(direct, message);
    }
  }

  /** Answers one direct message. @returns Whether it was a join request; everything else has no effect. */
  async take(direct: Dm, message: DecodedMessage): Promise<boolean> {
    if (message.senderInboxId === this.#client.inboxId) return false;
    const request = readRequest(message);
    if (request === undefined) return false;
    // The same request comes typed and as text, and from the stream and the scan.
    await this.#serial.run(() => this.#answer(direct, request));
    return true;
  }

  async #answer(direct: Dm, request: Request): Promise<void> {
    const { key, clock, warn } = this.#options;
    const { invite, message } = request;
    if (this.#answered.has(message.id)) return;
    const conversationId = this.#openToken(invite);
    const group = conversationId && (await this.#findGroup(conversationId));
    const judged = judgeInvite({
      payload: invite.payload,
      ownInboxId: this.#client.inboxId,
      nowMs: clock.now(),
      isSignedByUs: isSignedBy(invite, publicKeyOf(key.privateKey)),
      tokenConversationId: conversationId,
      ownConversationId: group ? group.id : "",
    });
    if (judged.verdict === "ignore") return;
    if (judged.verdict === "block") {
      warn("a join request with a forged invite was blocked");
      direct.updateConsentState(CONSENT.denied);
    } else if (judged.verdict === "error" || !group) {
      const errorType = judged.verdict === "error" ? judged.errorType : "conversation_not_found";
      await this.#refuse(direct, request, errorType);
    } else {
      await this.#decide(direct, request, group);
    }
  }

  async #decide(direct: Dm, request: Request, group: Group): Promise<void> {
    const { admissionsPerHour, usedInvites } = this.#options;
    const { invite, message } = request;
    const joinerInboxId = message.senderInboxId;
    await group.sync();
    const members = await group.members();
    const judged = judgeAdmission({
      inviteTag: invite.payload.tag,
      currentTag: tryDecodeMetadata(group.appData)?.tag,
      // This side rotates no tags, so it knows of none that was in use before.
      isTagRevoked: false,
      isMember: members.some(({ inboxId }) => inboxId === joinerInboxId),
      isGroupDenied: group.consentState() === CONSENT.denied,
      isHandledElsewhere: await isHandled(direct, request),
      spentBy: invite.payload.expiresAfterUse
        ? await usedInvites.find(inviteIdOf(invite))
        : undefined,
      hasLetIn: (await usedInvites.find(letInIdOf(invite))) !== undefined,
      joinerInboxId,
      admissionsInLastHour: this.#admissionsOf(group.id).length,
      admissionsPerHour,
    });
    switch (judged.verdict) {
      case "ignore":
        this.#answered.add(message.id);
        break;
      case "wait":
        break;
      case "error":
        await this.#refuse(direct, request, judged.errorType, judged.reason);
        break;
      case "already_in":
        await this.#settle(direct, request);
        break;
      case "admit":
        await this.#admit(direct, request, group);
        break;
    }
  }

  async #admit(direct: Dm, request: Request, group: Group): Promise<void> {
    const { clock, usedInvites } = this.#options;
    const { invite, message, profile } = request;
    const inboxId = message.senderInboxId;
    if ((await this.#ask(group.id, request)) === "refuse") {
      await this.#refuse(direct, request, "consent_not_allowed");
      return;
    }
    // First: an invite that is spent and let nobody in is better than one that lets in two.
    if (invite.payload.expiresAfterUse) await usedInvites.add(inviteIdOf(invite), inboxId);
    await group.addMembers([inboxId]);
    this.#admissionsMs.set(group.id, [...this.#admissionsOf(group.id), clock.now()]);
    const profiles = introduceMembers(await loadAgentProfiles(group), { inboxId, profile });
    if (profiles.length > 0) {
      await send(group, encodeProfileSnapshot(profiles), `snapshot:${message.id}`);
    }
    await this.#settle(direct, request);
  }

  async #ask(conversationId: string, { message, invite, profile }: Request): Promise<AdmitAnswer> {
    try {
      return await this.#options.admit({
        conversationId,
        inboxId: message.senderInboxId,
        singleUse: invite.payload.expiresAfterUse,
        ...(profile && {
          profile: {
            ...(profile.name !== undefined && { name: profile.name }),
            ...(profile.memberKind !== undefined && { memberKind: profile.memberKind }),
          },
        }),
      });
    } catch {
      this.#options.warn("the check of a join request failed: refused");
      return "refuse";
    }
  }

  async #settle(direct: Dm, { message, invite, isTyped }: Request): Promise<void> {
    const { usedInvites } = this.#options;
    const joinerInboxId = message.senderInboxId;
    if ((await usedInvites.find(inviteIdOf(invite))) === joinerInboxId) {
      await usedInvites.add(letInIdOf(invite), joinerInboxId);
    }
    direct.updateConsentState(CONSENT.allowed);
    if (isTyped) {
      const marker = encodeInviteJoinHandled({
        inviteTag: invite.payload.tag,
        handledMessageId: message.id,
        timestampMs: this.#options.clock.now(),
      });
      await send(direct, marker, `handled:${message.id}`);
    }
    this.#answered.add(message.id);
  }

  async #refuse(
    direct: Dm,
    { message, invite }: Request,
    errorType: InviteJoinErrorType,
    reason?: string,
  ): Promise<void> {
    const error = encodeInviteJoinError({
      errorType,
      inviteTag: invite.payload.tag,
      // Of the request, so that the same answer given again by a later process is the same message.
      timestampMs: message.sentAt.getTime(),
      ...(reason !== undefined && { reason }),
    });
    await send(direct, error, `error:${message.id}`);
    this.#answered.add(message.id);
  }

  async #findGroup(conversationId: string): Promise<Group | undefined> {
    const find = (): Group | undefined =>
      this.#client.conversations.listGroups().find(({ id }) => id === conversationId);
    const known = find();
    if (known !== undefined) return known;
    await this.#client.conversations.sync();
    return find();
  }

  #openToken({ payload }: SignedInvite): string | undefined {
    try {
      return openConversationToken(
        payload.token,
        this.#options.key.privateKey,
        this.#client.inboxId,
      );
    } catch {
      return undefined;
    }
  }

  #admissionsOf(conversationId: string): number[] {
    const sinceMs = this.#options.clock.now() - HOUR_MS;
    return (this.#admissionsMs.get(conversationId) ?? []).filter((ms) => ms > sinceMs);
  }
}

function readRequest(message: DecodedMessage): Request | undefined {
  if (holds(message, joinRequestCodec)) {
    const { inviteSlug, profile } = message.content;
    const invite = tryDecodeInvite(inviteSlug);
    return invite && { message, invite, isTyped: true, profile };
  }
  if (typeof message.content !== "string" || !isSameType(message.contentType, TEXT)) {
    return undefined;
  }
  const invite = tryDecodeInvite(message.content);
  return invite && { message, invite, isTyped: false, profile: undefined };
}

/** A marker of our inbox with this tag, not older than the request: another process of ours is done with it. */
async function isHandled(direct: Dm, { message, invite }: Request): Promise<boolean> {
  const messages = await direct.messages({ limit: SCAN_MESSAGES, direction: DIRECTION.descending });
  return messages.some(
    (candidate) =>
      candidate.senderInboxId !== message.senderInboxId &&
      candidate.sentAtNs >= message.sentAtNs &&
      holds(candidate, inviteJoinHandledCodec) &&
      candidate.content.inviteTag === invite.payload.tag,
  );
}

/** The payload has one writer, us; the signature could be written in two ways. */
/** Under which it is noted that the holder of a single-use invite has been in by it. */
function letInIdOf(invite: SignedInvite): string {
  return `${inviteIdOf(invite)}:in`;
}

function inviteIdOf({ payloadBytes }: SignedInvite): string {
  return toHex(createHash("sha256").update(payloadBytes).digest());
}

/** @param idempotencyKey - The same content with the same key is one message, over restarts too. */
async function send(
  conversation: Dm | Group,
  parts: EncodedContentParts,
  idempotencyKey: string,
): Promise<void> {
  const { shouldPush } = parts;
  await conversation.send(toEncodedContent(parts), { shouldPush, idempotencyKey });
}
