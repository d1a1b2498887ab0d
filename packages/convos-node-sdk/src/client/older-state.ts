import { ConvosError } from "../errors.ts";
import type { ConversationRecord } from "../store/conversation-record.ts";
import type { OwnTraffic, XmtpConversation } from "../xmtp/port.ts";
import type { ClientContext } from "./client-context.ts";

/** Looks in a row until everything was looked at. Whoever floods a conversation only makes the next look longer. */
const MAX_LOOKS = 20;

/** How far a conversation was looked through, and how many messages of this installation were found there. */
type Witness = NonNullable<ConversationRecord["witness"]>;

/**
 * Notices a state that is intact and not the newest: a backup that was brought back, or a copy that somebody runs elsewhere.
 * XMTP's library stores a message of ours before it sends it, so the network never has more of them than we do, unless
 * somebody went on from this state: we, before it was brought back, or a copy of us.
 *
 * @returns When the newest message that we do not know was sent, in nanoseconds; undefined while our state is the newest,
 *   and where the network does not tell.
 * @throws ConvosError `network_unreachable`.
 */
export async function findNewerTraffic(
  { book, store, log }: Pick<ClientContext, "book" | "log" | "store">,
  id: number,
  chat: Pick<XmtpConversation, "countOwn" | "ownTraffic">,
  { installationId, signal }: { readonly installationId: string; readonly signal: AbortSignal },
): Promise<bigint | undefined> {
  let newestNs: bigint | undefined;
  let isOlder = false;
  let known = readWitness(book.get(id).record, installationId);
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const traffic = await tryRead(chat, known, { log, signal });
    if (traffic === undefined) return undefined;
    const fresh = new Map(
      traffic.messages
        .filter(({ mark }) => store.ledger.find(id, "own message", mark) === undefined)
        .map(({ mark, sentAtNs }) => [mark, sentAtNs]),
    );
    for (const ns of fresh.values()) if (newestNs === undefined || ns > newestNs) newestNs = ns;
    const next = { installationId, position: traffic.position, own: known.own + fresh.size };
    // After the network was asked: what we send meanwhile is stored here first.
    isOlder ||= next.own > (await chat.countOwn());
    // What shows that the state is older must show it again after a crash.
    if (!isOlder && next.position !== known.position) {
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

/** Another installation has another key for its marks, and a database of its own. */
function readWitness({ witness }: ConversationRecord, installationId: string): Witness {
  const { position = "0" } = witness ?? {};
  return witness?.installationId === installationId
    ? witness
    : { installationId, position, own: 0 };
}

async function tryRead(
  chat: Pick<XmtpConversation, "ownTraffic">,
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
