// Who wrote the messages that turns are known by: the host names an answer's message, and never its writer.

/** More turns than ever wait behind others in one process. */
const MAX_KEPT = 1000;

export interface AskerBook {
  note(messageId: string, senderId: string): void;
  find(messageId: string): string | undefined;
}

/** In memory only: a turn that waits behind another one does not outlive its process. */
export function createAskerBook(): AskerBook {
  const askers = new Map<string, string>();
  return {
    note: (messageId, senderId) => {
      askers.set(messageId, senderId);
      const [oldest] = askers.keys();
      if (askers.size > MAX_KEPT && oldest !== undefined) askers.delete(oldest);
    },
    find: (messageId) => askers.get(messageId),
  };
}
