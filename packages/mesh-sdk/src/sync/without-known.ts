import { canonicalText, sha256Of } from "../message/canonical.ts";
import type { MeshMessage } from "../message/message.ts";
import type { MeshStore } from "../store/port.ts";

/**
 * Those messages of a page that the store would take: not the ones that it has, or had, or that are too old. A reference
 * store is read from the beginning now and then, and finding what is known costs a tenth of proving it again. Nothing is
 * believed here: what passes has to be checked.
 */
export function withoutKnown(
  store: Pick<MeshStore, "lacking">,
  channelId: string,
  messages: readonly MeshMessage[],
): readonly MeshMessage[] {
  return messages.filter((message) => {
    const { timestampMs } = message;
    const digest = sha256Of(canonicalText(message));
    return store.lacking(channelId, [{ timestampMs, digest }]).length > 0;
  });
}
