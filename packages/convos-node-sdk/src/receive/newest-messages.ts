/** Messages are up to 1 MiB each, and all of a page are in memory at once. */
const PAGE = 20;

interface Dated {
  readonly id: string;
  readonly sentAtNs: bigint;
}

/**
 * The newest messages of a conversation, newest first, a page in memory at a time.
 *
 * @param load - Gives the newest messages that were sent before a moment.
 * @param total - No more than this.
 */
export async function* newestMessages<T extends Dated>(
  load: (page: { limit: number; beforeNs?: bigint }) => Promise<readonly T[]>,
  total: number,
): AsyncGenerator<T, void, undefined> {
  let beforeNs: bigint | undefined;
  let limit = PAGE;
  let left = total;
  // The same moment may go on on the next page, so that it is read again.
  let taken = new Set<string>();
  while (left > 0) {
    const page = await load({ limit, ...(beforeNs !== undefined && { beforeNs }) });
    const last = page.at(-1);
    if (last === undefined) return;
    for (const message of page) {
      if (taken.has(message.id)) continue;
      yield message;
      left -= 1;
      if (left === 0) return;
    }
    if (page.length < limit) return;
    const isStuck = beforeNs === last.sentAtNs + 1n;
    limit = isStuck ? limit * 2 : PAGE;
    beforeNs = last.sentAtNs + 1n;
    taken = new Set(page.filter(({ sentAtNs }) => sentAtNs === last.sentAtNs).map(({ id }) => id));
  }
}
