// Pages follow one another.
import { openAnnouncement, type OpenedAnnouncement } from "../announcement/announcement.ts";
import type { Scanner } from "../bulletin/scan.ts";
import { createWorkerScanner } from "../bulletin/worker-scanner.ts";
import { createConversation } from "../conversation/conversation.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import type { BulletinItem } from "../transport/relay-client.ts";
import { scanKeyOf, toContactRequest } from "./bulletin-inbox.ts";
import type { ClientContext } from "./client-context.ts";
import type { ContactRequest, RestoreEstimate, RestoreReport } from "./types.ts";

const PAGE_LIMIT = 100;

/** An announcement in JSON: Base64 of about 9 kB, and the frame around it. */
const USUAL_ITEM_BYTES = 12_000;

/** How much a restore scan would download (docs/protocol/gossip.md section 7). */
export async function estimateRestoreScan(
  { relay }: Pick<ClientContext, "relay">,
  signal: AbortSignal | undefined,
): Promise<RestoreEstimate> {
  const newest = await relay.fetchBulletinCounter({ signal });
  const [oldest] = await relay.fetchBulletin({ after: 0n, limit: 1 }, { signal });
  const announcements = oldest === undefined ? 0 : Number(newest - oldest.counter) + 1;
  return { announcements, bytes: Math.max(0, announcements) * USUAL_ITEM_BYTES };
}

/**
 * Finds everybody who ever announced themselves to this identity, and announces ourselves to those wanted: both sides
 * are in session again, with no action by the peer. For an account that has nothing left but its words (section 7).
 */
export async function runRestoreScan(
  context: ClientContext,
  options: {
    shouldReconnect: (request: ContactRequest) => boolean | Promise<boolean>;
    signal: AbortSignal | undefined;
  },
): Promise<RestoreReport> {
  const { book, clock } = context;
  const { newest, scanned } = await readNewestPerSender(context, options.signal);
  let [reconnected, declined, connectedBefore] = [0, 0, 0];
  for (const [peer, opened] of newest) {
    options.signal?.throwIfAborted();
    const known = book.get(peer);
    if (known?.session.active !== undefined) {
      connectedBefore += 1;
    } else if (await options.shouldReconnect(toContactRequest(opened))) {
      const create = createConversation(opened.sender, clock.now());
      book.step(peer, { type: "restore", opened }, { create });
      reconnected += 1;
    } else {
      declined += 1;
    }
  }
  return { scanned, found: newest.size, reconnected, declined, connectedBefore };
}

async function readNewestPerSender(
  context: ClientContext,
  signal: AbortSignal | undefined,
): Promise<{ newest: Map<GossipUserId, OpenedAnnouncement>; scanned: number }> {
  const { relay, crypto } = context;
  const newest = new Map<GossipUserId, OpenedAnnouncement>();
  const scanner = createWorkerScanner({ crypto });
  try {
    const end = await relay.fetchBulletinCounter({ signal });
    let after = 0n;
    let scanned = 0;
    while (after < end) {
      const items = await relay.fetchBulletin({ after, limit: PAGE_LIMIT }, { signal });
      const last = items.at(-1);
      if (last === undefined) break;
      await collectNewest(context, scanner, items, newest);
      after = last.counter;
      scanned += items.length;
    }
    return { newest, scanned };
  } finally {
    await scanner.close();
  }
}

async function collectNewest(
  { identity, crypto }: ClientContext,
  scanner: Scanner,
  items: readonly BulletinItem[],
  newest: Map<GossipUserId, OpenedAnnouncement>,
): Promise<void> {
  const [found = []] = await scanner.scan(
    [scanKeyOf(identity)],
    items.map(({ data }) => data),
  );
  await forEachInSlices(found, (index) => {
    const bytes = items[index]?.data;
    const opened = bytes && openAnnouncement({ identity, bytes, crypto });
    if (opened === undefined || opened.sender.userId === identity.userId) return;
    const known = newest.get(opened.sender.userId);
    if (known === undefined || known.request.createdAtMs < opened.request.createdAtMs) {
      newest.set(opened.sender.userId, opened);
    }
  });
}
