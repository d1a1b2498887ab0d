import { encodeExplodeSettings } from "../content/explode-settings.ts";
import { ConvosError } from "../errors.ts";
import type { XmtpGroup } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";
import type { ConversationWorker } from "./conversation-worker.ts";
import { writeMetadata } from "./group-changes.ts";

/**
 * Ends a conversation for everybody (section 1.14): tells the members, writes the date into the metadata, and when the date
 * is now, takes everybody out and deletes what is here. At a later date every member leaves by itself.
 *
 * @throws ConvosError `not_allowed` | `network_unreachable`.
 */
export async function explodeConversation(
  { book, clock }: Pick<ClientContext, "book" | "clock">,
  worker: ConversationWorker,
  atMs: number | undefined,
): Promise<void> {
  const group = await worker.openGroup();
  const nowMs = clock.now();
  const expiresAtMs = atMs ?? nowMs;
  const own = worker.key.inboxId;
  const members = await group.members();
  if (members.find(({ inboxId }) => inboxId === own)?.role !== "super_admin") {
    throw new ConvosError("not_allowed", "explode: only a super admin may");
  }
  const notice = group.prepare(encodeExplodeSettings({ expiresAtMs }), `explode:${expiresAtMs}`);
  await group.publish(notice);
  await worker.commits.run(() => tryWriteDate(group, expiresAtMs));
  if (expiresAtMs > nowMs) {
    book.step((step) => step.update(worker.id, { explodesAtMs: expiresAtMs, explodesBy: own }));
    worker.reconcileSoon();
    return;
  }
  const others = members.map(({ inboxId }) => inboxId).filter((inboxId) => inboxId !== own);
  if (others.length > 0) await worker.commits.run(() => group.removeMembers(others));
  group.setConsent("denied");
  await worker.end("exploded");
}

/** Metadata that a member made unreadable, or filled up, must not keep a conversation alive. */
async function tryWriteDate(group: XmtpGroup, expiresAtMs: number): Promise<void> {
  try {
    await writeMetadata(group, { expiresAtUnix: Math.floor(expiresAtMs / 1000) });
  } catch (error) {
    const isUnwritable =
      error instanceof ConvosError && ["malformed", "too_large"].includes(error.code);
    if (!isUnwritable) throw error;
  }
}
