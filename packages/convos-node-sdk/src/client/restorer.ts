import { ConvosError } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import { isOwnTag } from "../metadata/own-tag.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import type { OfferRecord } from "../store/conversation-record.ts";
import type { XmtpGroup, XmtpInbox } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";
import { type Candidate, chooseOffers } from "./restore-offers.ts";

export interface RestorerOptions {
  readonly context: ClientContext;
  readonly conversation: number;
  readonly key: ConvosKey;
  /** The group is ours from here on. */
  readonly adopt: (group: XmtpGroup) => Promise<void>;
}

/**
 * Looks for the conversation of an inbox of which only the key is left. A group that we made shows it by its tag. Of any
 * other group only somebody who remembers can say that it is the one: every stranger who knows the inbox can put it into
 * a group, and be there before the members of the lost one.
 */
export class Restorer {
  readonly #options: RestorerOptions;

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** Takes up what is certainly ours, and offers what may be. */
  async advance(inbox: XmtpInbox): Promise<void> {
    const { context, conversation, key, adopt } = this.#options;
    // Somebody may have given an answer meanwhile.
    if (context.book.get(conversation).record.phase !== "restoring") return;
    const { groupId, oldMembers = [] } = context.book.get(conversation).record;
    const candidates: Candidate[] = [];
    for (const group of inbox.groups()) {
      const tag = tryDecodeMetadata(group.appData())?.tag;
      // Not one of the app's, or not yet.
      if (!tag) continue;
      const creatorInboxId = await group.creator();
      const addedBy = group.addedBy();
      // An id that only members know, brought by one of them.
      const isBack = group.id === groupId && oldMembers.includes(addedBy);
      if (isBack || (creatorInboxId === inbox.inboxId && isOwnTag(tag, key))) {
        denyOthers(inbox, group);
        await adopt(group);
        return;
      }
      candidates.push({ group, creatorInboxId, addedBy });
    }
    await this.#offer(candidates);
  }

  /**
   * The answer to an offer.
   *
   * @throws ConvosError `unknown_conversation` when the group is gone.
   */
  async settle(inbox: XmtpInbox, groupId: string, verdict: "ours" | "foreign"): Promise<void> {
    const { context, conversation, adopt } = this.#options;
    const { phase, offers = [] } = context.book.get(conversation).record;
    const group = inbox.group(groupId);
    if (phase !== "restoring" || group === undefined) {
      throw new ConvosError("unknown_conversation", "no such group waits for an answer");
    }
    if (verdict === "ours") {
      denyOthers(inbox, group);
      await adopt(group);
      return;
    }
    group.setConsent("denied");
    const left = offers.filter((offer) => offer.groupId !== groupId);
    context.book.step((step) => step.update(conversation, { offers: left }));
  }

  async #offer(candidates: readonly Candidate[]): Promise<void> {
    const { context, conversation } = this.#options;
    const { offers: known = [] } = context.book.get(conversation).record;
    const chosen = chooseOffers(candidates, new Set(known.map(({ groupId }) => groupId)));
    const offers = await Promise.all(chosen.map(toOffer));
    if (JSON.stringify(offers) === JSON.stringify(known)) return;
    context.book.step((step) => {
      step.update(conversation, { offers });
      for (const { groupId, addedBy } of offers) {
        if (known.some((offer) => offer.groupId === groupId)) continue;
        const sentAtMs = context.clock.now();
        step.addEvent(
          conversation,
          { type: "restore_offered" },
          { conversationId: groupId, senderInboxId: addedBy, messageId: "", sentAtMs },
        );
      }
    });
  }
}

async function toOffer({ group, creatorInboxId, addedBy }: Candidate): Promise<OfferRecord> {
  const memberCount = (await group.members()).length;
  return { groupId: group.id, creatorInboxId, addedBy, name: group.name(), memberCount };
}

/** An inbox has one conversation. Nothing of the others is fetched any more. */
function denyOthers(inbox: XmtpInbox, ours: XmtpGroup): void {
  for (const group of inbox.groups()) if (group.id !== ours.id) group.setConsent("denied");
}
