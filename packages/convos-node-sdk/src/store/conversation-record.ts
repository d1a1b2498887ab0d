import * as z from "zod";
import { ConvosError } from "../errors.ts";

/** Index of the conversation that the key from the configuration serves. Other keys count from 0; below it are no keys. */
export const OWNER_KEY_INDEX = -1;

const phase = z.enum([
  /** We make the group. */
  "creating",
  /** We asked to be let in. */
  "joining",
  /** Its key is ours, and its group has not been seen yet: found by a restore. */
  "restoring",
  "active",
  "left",
  "removed",
  "exploded",
  /** The creator refused us. */
  "refused",
  "cancelled",
]);

const Request = z.strictObject({
  joinId: z.string(),
  slug: z.string(),
  creatorInboxId: z.string(),
  profileName: z.string().optional(),
  requestedAtMs: z.number(),
  /** When the typed request was sent; the clock of the text copy starts here. */
  sentAtMs: z.number().optional(),
  textSent: z.boolean(),
  errorType: z.string().optional(),
  refusedAtMs: z.number().optional(),
});

const Offer = z.strictObject({
  groupId: z.string(),
  creatorInboxId: z.string(),
  addedBy: z.string(),
  name: z.string(),
  memberCount: z.number(),
});

/** What we know of one conversation, whether or not its inbox is open. */
const Record = z.strictObject({
  phase,
  inboxId: z.string(),
  createdAtMs: z.number(),
  isCreator: z.boolean(),
  /** Row of the conversation whose inbox it uses: a direct conversation that somebody opened with that inbox. */
  via: z.number().optional(),
  /** The other one in a direct conversation. */
  peerInboxId: z.string().optional(),
  /** 32 hexadecimal characters; absent until there is a group. */
  groupId: z.string().optional(),
  tag: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  emoji: z.string().optional(),
  adminOnly: z.boolean().optional(),
  memberCount: z.number(),
  /** The other member of a group of two; empty in any other. */
  onlyOtherInboxId: z.string().optional(),
  request: Request.optional(),
  /** How far the messages were read: the network's time of the newest one. */
  cursorNs: z.string().regex(/^\d+$/u),
  lastInboundAtMs: z.number().optional(),
  /** How far the network was looked through for messages of ours, and what was stored and on its way here at that time. */
  witness: z
    .strictObject({
      installationId: z.string(),
      position: z.string().regex(/^\d+$/u),
      /** Of ours, since the last look that came to an end. */
      found: z.number(),
      stored: z.number(),
      waiting: z.number(),
    })
    .optional(),
  /**
   * The state was found to be older than what it has sent: the conversation starts anew, with another installation. What
   * was sent until then, the network's time, is not offered any more.
   */
  renewal: z.strictObject({ untilNs: z.string().regex(/^\d+$/u) }).optional(),
  /** Who was in the group when it started anew: one of them may bring it back. */
  oldMembers: z.array(z.string()).optional(),
  /** When somebody who may has said that the conversation ends. */
  explodesAtMs: z.number().optional(),
  /** Who said so: at that time it still has to be somebody who may. */
  explodesBy: z.string().optional(),
  /** Groups that came up after a restore and may be the conversation: which one is, the owner of the account says. */
  offers: z.array(Offer).optional(),
  /** When people were let in by invite, of the last hour. */
  admissionsMs: z.array(z.number()),
  /** When it was last told that people wait to be let in. */
  waitingToldMs: z.number().optional(),
});

export type ConversationRecord = z.infer<typeof Record>;
export type OfferRecord = z.infer<typeof Offer>;
export type JoinRequestRecord = z.infer<typeof Request>;

/** Phases in which there is nothing left to do on the network. */
export function isOver(record: Pick<ConversationRecord, "phase">): boolean {
  return ["left", "removed", "exploded", "refused", "cancelled"].includes(record.phase);
}

export function encodeRecord(record: ConversationRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record), "utf8");
}

/** @throws ConvosError `state_unreadable`. */
export function decodeRecord(bytes: Uint8Array): ConversationRecord {
  const parsed = Record.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  if (!parsed.success) {
    throw new ConvosError("state_unreadable", "store: a conversation has another form");
  }
  return parsed.data;
}
