import { compareItems } from "./item-key.ts";
import type { MessageMark } from "./messages-table.ts";
import type { ItemKey } from "./port.ts";

/** What becomes of a proven message, judged by what is stored under its id. */
export type Filing =
  | { readonly kind: "duplicate"; readonly of: MessageMark }
  /** The sender has said two other things under this id already, and both come first. */
  | { readonly kind: "one conflict more" }
  | {
      readonly kind: "new" | "conflict";
      /** Whether it is the one of its id that the reference sees. */
      readonly isShown: boolean;
      /** No longer the one that the reference sees. */
      readonly hide: MessageMark | undefined;
      /** Gives way: of three contradictions two are proof enough. */
      readonly drop: MessageMark | undefined;
    };

/**
 * Decides on a message. Of a sender's contradicting messages under one id the two with the lowest digests stay, and the
 * lowest is shown: whatever the order in which they arrive, all peers end with the same. Of several senders' messages under
 * one id the first to arrive is shown here; they are different messages.
 *
 * @param kin - The shown message of this id in this channel, and all that the sender has said under it.
 */
export function fileMessage(item: ItemKey, sender: number, kin: readonly MessageMark[]): Filing {
  const own = kin.filter((mark) => mark.sender === sender).toSorted(compareItemsByDigest);
  const same = own.find((mark) => compareItemsByDigest(mark, item) === 0);
  if (same !== undefined) return { kind: "duplicate", of: same };
  if (own.length === 0) {
    return { kind: "new", isShown: kin.length === 0, hide: undefined, drop: undefined };
  }
  const [first, second] = own;
  if (second !== undefined && compareItemsByDigest(item, second) > 0) {
    return { kind: "one conflict more" };
  }
  const takesOver = first?.isShown === true && compareItemsByDigest(item, first) < 0;
  return {
    kind: "conflict",
    isShown: takesOver,
    hide: takesOver ? first : undefined,
    drop: second,
  };
}

/** The time is the sender's to choose, as the rest is. */
function compareItemsByDigest(left: ItemKey, right: ItemKey): number {
  return compareItems({ ...left, timestampMs: 0 }, { ...right, timestampMs: 0 });
}
