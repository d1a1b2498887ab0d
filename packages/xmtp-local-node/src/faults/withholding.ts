import type { MessageKind } from "../calls/call-context.ts";
import { topicKey } from "../streams/subscription.ts";
import type { WithheldMessages, WithholdScope } from "./faults.ts";
import { HitCounter } from "./hit-counter.ts";

/** The holds on one way of messages: that into the store, or that out to the streams. */
export class Withholding<T extends { readonly topic: Uint8Array }> {
  readonly #holds = new Set<Hold<T>>();
  readonly #letGo: (kind: MessageKind, messages: readonly T[]) => void;

  /** @param letGo - Takes messages of one kind further on their way, in the order given. */
  constructor(letGo: (kind: MessageKind, messages: readonly T[]) => void) {
    this.#letGo = letGo;
  }

  hold(scope: Omit<WithholdScope, "from">): WithheldMessages {
    const hold = new Hold<T>(scope, this.#letGo, () => this.#holds.delete(hold));
    this.#holds.add(hold);
    return hold;
  }

  /** @returns the messages that nobody withholds. */
  pass(kind: MessageKind, messages: readonly T[]): readonly T[] {
    if (this.#holds.size === 0) return messages;
    return messages.filter((message) => ![...this.#holds].some((hold) => hold.take(kind, message)));
  }

  releaseAll(): void {
    for (const hold of this.#holds) hold.release();
  }
}

class Hold<T extends { readonly topic: Uint8Array }> implements WithheldMessages {
  readonly #scope: Omit<WithholdScope, "from">;
  readonly #letGo: (kind: MessageKind, messages: readonly T[]) => void;
  readonly #forget: () => void;
  readonly #messages: Record<MessageKind, T[]> = { group: [], welcome: [] };
  readonly #counter = new HitCounter();

  constructor(
    scope: Omit<WithholdScope, "from">,
    letGo: (kind: MessageKind, messages: readonly T[]) => void,
    forget: () => void,
  ) {
    this.#scope = scope;
    this.#letGo = letGo;
    this.#forget = forget;
  }

  get held(): number {
    return this.#counter.hits;
  }

  take(kind: MessageKind, message: T): boolean {
    const { kind: onlyKind = kind, topic = message.topic } = this.#scope;
    if (onlyKind !== kind || topicKey(topic) !== topicKey(message.topic)) return false;
    this.#messages[kind].push(message);
    this.#counter.add(1);
    return true;
  }

  reached(held: number): Promise<void> {
    return this.#counter.reached(held);
  }

  release(order: "in order" | "reversed" = "in order"): void {
    this.#forget();
    for (const kind of ["welcome", "group"] as const) {
      const messages = this.#messages[kind].splice(0);
      if (messages.length === 0) continue;
      this.#letGo(kind, order === "reversed" ? messages.toReversed() : messages);
    }
  }

  lose(): void {
    this.#forget();
    for (const messages of Object.values(this.#messages)) messages.length = 0;
  }
}
