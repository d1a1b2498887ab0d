import type { Frame, SyncRequestFrame, SyncResponseFrame } from "../src/frame/frames.ts";
import { encodeFrame } from "../src/frame/encode-frame.ts";
import { parseFrame } from "../src/frame/parse-frame.ts";
import { canonicalText, sha256Of } from "../src/message/canonical.ts";
import type { MeshMessage } from "../src/message/message.ts";
import type { MeshStore } from "../src/store/port.ts";
import { ItemFetch } from "../src/sync/item-fetch.ts";
import { PullSession } from "../src/sync/pull-session.ts";
import { ReferenceCatchUp } from "../src/sync/reference-catch-up.ts";
import { answerRanges, answerSync } from "../src/sync/serve.ts";
import type { SyncEnd } from "../src/sync/sync-session.ts";
import { NOW_MS } from "./people.ts";

/** What a session took. */
export interface SyncCost {
  readonly end: SyncEnd | undefined;
  readonly frames: number;
  readonly bytes: number;
  readonly received: number;
  readonly cursor: string | undefined;
}

/** Counts what would cross a connection, and lets through only what a parser gives back. */
class Wire {
  frames = 0;
  bytes = 0;

  pass(frame: Frame): Frame {
    const text = encodeFrame(frame);
    this.frames += 1;
    this.bytes += Buffer.byteLength(text);
    const parsed = parseFrame(text);
    if (parsed === undefined) throw new TypeError(`a ${frame.type} frame that nobody knows`);
    return parsed;
  }
}

/** Stores messages as if their signatures had been checked. */
function storeAll(store: MeshStore, messages: readonly MeshMessage[]): void {
  store.add(
    messages.map((message) => ({
      message,
      verdict: "verified",
      digest: sha256Of(canonicalText(message)),
      receivedAtMs: NOW_MS,
      forUs: false,
    })),
  );
}

/** One peer of ours reads a channel from another, over frames of text. The other fetches what it hears of. */
export function pull(
  here: MeshStore,
  there: MeshStore,
  { channelId = "lobby", cursor }: { channelId?: string; cursor?: string | undefined } = {},
): SyncCost {
  let request = 0;
  const nextRequest = (): number => (request += 1);
  const wire = new Wire();
  const session = new PullSession({
    channelId,
    cursor,
    nextRequest,
    settledTo: undefined,
    store: here,
  });
  const cost = { received: 0, cursor };
  for (let frame = session.next(); frame !== undefined; frame = session.next()) {
    const asked = wire.pass(frame);
    const answer = asked.type === "oc_sync" ? answerSync(there, asked) : compare(asked);
    const heard = wire.pass(answer);
    if (heard.type !== "oc_page" && heard.type !== "oc_ranges") throw new TypeError("no answer");
    const step = session.receive(heard);
    if (step === undefined) throw new TypeError("an answer that was not asked for");
    storeAll(here, step.messages);
    cost.received += step.messages.length;
    cost.cursor = step.cursor ?? cost.cursor;
  }
  return { end: session.end, frames: wire.frames, bytes: wire.bytes, ...cost };

  function compare(frame: Frame): Frame {
    if (frame.type !== "oc_ranges") throw new TypeError("not a question");
    const answered = answerRanges(there, frame);
    if (answered === undefined) throw new TypeError("ranges that break a rule");
    const fetch = new ItemFetch({ channelId, items: answered.need, nextRequest });
    for (let asking = fetch.next(); asking !== undefined; asking = fetch.next()) {
      const page = wire.pass(answerSync(here, asking));
      if (page.type !== "oc_page") throw new TypeError("no page");
      storeAll(there, fetch.receive(page)?.messages ?? []);
    }
    return answered.answer;
  }
}

/** A store as the reference has it (section 4.1), in memory: sorted by the text of timestamps, one row for an id. */
export class ReferenceStore {
  readonly #rows = new Map<string, MeshMessage>();
  readonly #cap: number;
  requests = 0;

  /** @param cap - Most rows of a page; 500 in the reference. */
  constructor(cap = 500) {
    this.#cap = cap;
  }

  add(messages: readonly MeshMessage[]): void {
    for (const message of messages) {
      if (!this.#rows.has(message.messageId)) this.#rows.set(message.messageId, message);
    }
  }

  remove(messageId: string): void {
    this.#rows.delete(messageId);
  }

  answer({ afterMessageId, channelId, limit }: SyncRequestFrame): SyncResponseFrame {
    this.requests += 1;
    const after = afterMessageId === null ? "" : this.#rows.get(afterMessageId)?.timestamp;
    const messages = [...this.#rows.values()]
      .filter((row) => row.channelId === channelId && after !== undefined && row.timestamp > after)
      .toSorted((left, right) =>
        left.timestamp < right.timestamp ? -1 : left.timestamp > right.timestamp ? 1 : 0,
      )
      .slice(0, Math.min(limit, this.#cap))
      .map(withoutSignature);
    const marks = messages.map(({ messageId, timestamp }) => ({ messageId, timestamp }));
    return { type: "sync_response", channelId, messages, marks, rows: messages.length };
  }
}

/** The reference keeps none. */
function withoutSignature(message: MeshMessage): MeshMessage {
  return { ...message, signature: undefined };
}

/** A peer of ours reads a channel from a store of the reference. */
export function catchUp(
  here: MeshStore,
  there: Pick<ReferenceStore, "answer">,
  { cursor, nowMs = NOW_MS }: { cursor?: string | undefined; nowMs?: number } = {},
): SyncCost {
  const wire = new Wire();
  const session = new ReferenceCatchUp({
    channelId: "lobby",
    cursor,
    fullScanMs: 6 * 3_600_000,
    nowMs,
  });
  const cost = { received: 0, cursor };
  for (let frame = session.next(); frame !== undefined; frame = session.next()) {
    wire.pass(frame);
    const step = session.receive(there.answer(frame));
    if (step === undefined) throw new TypeError("an answer that was not asked for");
    storeAll(here, step.messages);
    cost.received += step.messages.length;
    cost.cursor = step.cursor ?? cost.cursor;
  }
  return { end: session.end, frames: wire.frames, bytes: wire.bytes, ...cost };
}
