import { ConvosError } from "../errors.ts";
import type { ConversationRecord } from "../store/conversation-record.ts";
import type { OwnTraffic, XmtpConversation } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";

/** Looks in a row until everything was looked at. Whoever floods a conversation only makes the next look longer. */
const MAX_LOOKS = 20;

/** Where the last look ended, and what may still come of it. */
type Witness = NonNullable<ConversationRecord["witness"]>;

/** The library's own view of a conversation, and the network's. */
export type WitnessedChat = Pick<
  XmtpConversation,
  "countOwn" | "countUnacknowledged" | "ownTraffic"
>;

/**
 * How often the network may have a message of ours. The library encrypts one anew and sends it again when the group has
 * changed before it was taken, and when the process died before it was acknowledged: then each sending and each sync that
 * begin together send it once more. Four copies were seen; too many allowed cost little, since at rest nothing is expected.
 */
const COPIES = 8;

/**
 * Notices a state that is intact and not the newest: a backup that was brought back, or a copy that somebody runs elsewhere.
 * XMTP's library stores a message of ours before it sends it. So what the network has got from us since the last look are
 * messages that were stored since, or were on their way then, {@link COPIES} of each at most; unless somebody went on from
 * this state: we, before it was brought back, or a copy of us.
 *
 * @returns When the newest message that we do not know was sent, in nanoseconds; undefined while our state is the newest,
 *   and where the network does not tell.
 * @throws ConvosError `network_unreachable`.
 */
export async function findNewerTraffic(
  { book, store, log }: Pick<ClientContext, "book" | "log" | "store">,
  id: number,
  chat: WitnessedChat,
  { installationId, signal }: { readonly installationId: string; readonly signal: AbortSignal },
): Promise<bigint | undefined> {
  let newestNs: bigint | undefined;
  let isOlder = false;
  let known = readWitness(book.get(id).record, installationId);
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    // Before the network is asked: what is acknowledged now is there, and comes up in this look or came in an earlier one.
    const storedBefore = await chat.countOwn();
    const waitingBefore = await chat.countUnacknowledged();
    const traffic = await tryRead(chat, known, { log, signal });
    if (traffic === undefined) return undefined;
    // After it was asked: what we send meanwhile is stored here first.
    const stored = await chat.countOwn();
    // The next look begins where this one did: a count that is off would make a newer state of ours an older one.
    if (stored === undefined || storedBefore === undefined) break;
    const waiting = waitingBefore + stored - storedBefore;
    const fresh = new Map(
      traffic.messages
        .filter(({ mark }) => store.ledger.find(id, "own message", mark) === undefined)
        .map(({ mark, sentAtNs }) => [mark, sentAtNs]),
    );
    for (const ns of fresh.values()) if (newestNs === undefined || ns > newestNs) newestNs = ns;
    const found = known.found + fresh.size;
    isOlder ||= found > COPIES * (stored - known.stored + known.waiting);
    const next = traffic.isWhole
      ? { installationId, position: traffic.position, found: 0, stored, waiting }
      : { ...known, position: traffic.position, found };
    // What shows that the state is older must show it again after a crash.
    if (!isOlder && !isSame(next, known)) {
      book.step((step) => {
        for (const mark of fresh.keys()) step.store.ledger.add(id, "own message", mark, "");
        step.update(id, { witness: next });
      });
    }
    known = next;
    if (traffic.isWhole) break;
  }
  return isOlder ? newestNs : undefined;
}

function isSame(one: Witness, other: Witness): boolean {
  return (
    one.position === other.position && one.stored === other.stored && one.waiting === other.waiting
  );
}

/** Another installation has another key for its marks, and a database of its own. */
function readWitness({ witness }: ConversationRecord, installationId: string): Witness {
  const { position = "0" } = witness ?? {};
  return witness?.installationId === installationId
    ? witness
    : { installationId, position, found: 0, stored: 0, waiting: 0 };
}

async function tryRead(
  chat: Pick<WitnessedChat, "ownTraffic">,
  { position }: Witness,
  { log, signal }: { readonly log: ClientContext["log"]; readonly signal: AbortSignal },
): Promise<OwnTraffic | undefined> {
  try {
    return await chat.ownTraffic(position, signal);
  } catch (error) {
    if (!(error instanceof ConvosError) || error.code !== "xmtp_failed") throw error;
    log.debug("the network does not tell whether the state of a conversation is the newest");
    return undefined;
  }
}
