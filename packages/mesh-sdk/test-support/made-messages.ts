import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { canonicalText, sha256Of } from "../src/message/canonical.ts";
import type { MeshMessage } from "../src/message/message.ts";
import { openMeshStore, type MeshStoreOptions } from "../src/store/mesh-store.ts";
import type { MeshStore, NewMessage } from "../src/store/port.ts";
import { HandClock, NOW_MS } from "./people.ts";

/** What a test says about a message; the rest is made up. */
export interface MadeMessage extends Partial<MeshMessage> {
  readonly verdict?: NewMessage["verdict"];
  readonly forUs?: boolean;
}

/** A message with a true digest, as if its signature had been checked: a store takes the word of its caller. */
export function madeMessage(made: MadeMessage = {}): NewMessage {
  const timestampMs = made.timestampMs ?? NOW_MS - 60_000;
  const message: MeshMessage = {
    messageId: made.messageId ?? "m-1",
    channelId: made.channelId ?? "lobby",
    senderId: made.senderId ?? "a".repeat(43),
    body: made.body ?? "hello",
    payloadText: made.payloadText ?? null,
    timestampMs,
    timestamp: made.timestamp ?? new Date(timestampMs).toISOString(),
    signature: made.signature,
  };
  return {
    message,
    verdict: made.verdict ?? "verified",
    digest: sha256Of(canonicalText(message)),
    receivedAtMs: NOW_MS,
    forUs: made.forUs ?? false,
  };
}

/** So many messages of a channel with ids of their own, `stepMs` apart, the last one a minute ago. */
export function madeMessages(count: number, made: MadeMessage = {}, stepMs = 1_000): NewMessage[] {
  return Array.from({ length: count }, (_, index) =>
    madeMessage({
      messageId: `${made.channelId ?? "lobby"}-${index}`,
      timestampMs: NOW_MS - 60_000 - (count - 1 - index) * stepMs,
      ...made,
    }),
  );
}

/** Stores in a folder of their own, all gone at the end. */
export class StoreFolder implements Disposable {
  readonly clock = new HandClock();
  readonly #folder = mkdtempSync(path.join(tmpdir(), "mesh-store-"));
  readonly #open = new Set<MeshStore>();

  fileOf(name: string): string {
    return path.join(this.#folder, name, "mesh.db");
  }

  open(name = "peer", options: Omit<MeshStoreOptions, "path"> = {}): MeshStore {
    const store = openMeshStore({ clock: this.clock, ...options, path: this.fileOf(name) });
    this.#open.add(store);
    return store;
  }

  [Symbol.dispose](): void {
    for (const store of this.#open) store[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const WHOLE_PAGE = { limit: 100_000, maxBytes: Number.MAX_SAFE_INTEGER };

/** Digests of everything that a store has of a channel, in order, as text. */
export function digestsIn(store: MeshStore, channelId = "lobby"): string[] {
  return store
    .items(channelId, {}, WHOLE_PAGE.limit)
    .map(({ digest }) => Buffer.from(digest).toString("hex"));
}
