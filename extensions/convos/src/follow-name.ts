// A name that the operator changed is shown in conversations that were joined under another one.
import { once } from "node:events";
import type { ConvosConnection } from "./client.ts";

/**
 * Tells each conversation the agent's name where it shows another one. The account starts anew when its name changes, so
 * once per start is enough. Ends when the signal aborts.
 */
export async function followName(
  connection: Pick<ConvosConnection, "conversations" | "members" | "setName">,
  name: string,
  { signal, onError }: { readonly signal: AbortSignal; readonly onError: (error: unknown) => void },
): Promise<void> {
  for (const { id, inboxId } of connection.conversations()) {
    if (signal.aborted) return;
    try {
      const shown = (await connection.members(id)).find(
        (member) => member.inboxId === inboxId,
      )?.name;
      // The first name goes out with the join itself.
      if (shown !== undefined && shown !== name) await connection.setName(id, name);
    } catch (error) {
      onError(error);
    }
  }
  if (!signal.aborted) await once(signal, "abort");
}
