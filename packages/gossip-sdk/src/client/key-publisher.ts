import { BinReader, BinWriter } from "../codec/bin.ts";
import { relayBackoff } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import type { ClientContext } from "./client-context.ts";

/** Relays may forget keys that nobody renews (docs/protocol/gossip.md section 9). */
const PUBLISH_EVERY_MS = 24 * 60 * 60_000;

/** How often to look at the time; the clock may jump while a timer does not. */
const LOOK_EVERY_MS = 60_000;

/** Stored in place of a time when the relay does not have them. */
const NEVER_MS = 0;

/** Publishes our public keys: at the start unless that was done within a day, then daily. */
export class KeyPublisher {
  readonly #context: ClientContext;
  readonly #rounds: Repeater;

  constructor(context: ClientContext) {
    this.#context = context;
    const stored = context.store.meta.get("keys_published");
    const publishedAtMs = stored === undefined ? NEVER_MS : new BinReader(stored).varint();
    if (publishedAtMs !== NEVER_MS) context.health.keysPublishedAtMs = publishedAtMs;
    this.#rounds = new Repeater({
      random: context.random,
      backoff: relayBackoff(context.polling.retryMs),
      work: (signal) => this.#round(signal),
      onFailure: (error) => context.health.failed("keys", error),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#rounds.run(signal);
  }

  /** The relay has lost them. Stored, so that a process which ends before it has published does so at its next start. */
  publishAgain(): void {
    this.#store(NEVER_MS);
    this.#context.health.keysPublishedAtMs = undefined;
    this.#rounds.ring();
  }

  wake(): void {
    this.#rounds.wake();
  }

  async #round(signal: AbortSignal): Promise<number> {
    const { clock, relay, identity, health } = this.#context;
    const sinceMs = clock.now() - (health.keysPublishedAtMs ?? -Infinity);
    if (sinceMs < PUBLISH_EVERY_MS && sinceMs >= 0) return LOOK_EVERY_MS;
    await relay.publishKeys(identity.publicKeys.bytes, { signal });
    const publishedAtMs = clock.now();
    this.#store(publishedAtMs);
    health.keysPublishedAtMs = publishedAtMs;
    health.worked("keys");
    return LOOK_EVERY_MS;
  }

  #store(publishedAtMs: number): void {
    const { store } = this.#context;
    store.transaction(() =>
      store.meta.set("keys_published", new BinWriter().varint(publishedAtMs).finish()),
    );
  }
}
