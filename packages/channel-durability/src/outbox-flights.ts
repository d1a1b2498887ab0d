// One send per key at a time: whoever needs the same message joins the send that is under way.

import { ChannelDurabilityError } from "./errors.ts";
import type { OutboxOptions } from "./outbox-contract.ts";
import type { OutboxRow, OutboxTable } from "./outbox-rows.ts";
import { Handoff, type SendHooks } from "./send-handoff.ts";

/** How a send ended. `isOwnersDoing`: only the caller who started it did not want it any more. */
export type FlightOutcome =
  | { readonly kind: "sent"; readonly nativeId: string }
  | { readonly kind: "failed"; readonly error: unknown; readonly isOwnersDoing: boolean };

interface LoadedRow<TBody> {
  readonly row: OutboxRow<TBody>;
  /** True when this send made the row; an older one may have left before. */
  readonly isFresh: boolean;
}

export class SendFlights<TBody> {
  readonly #options: OutboxOptions<TBody>;
  readonly #table: OutboxTable<TBody>;
  readonly #closing: AbortSignal;
  readonly #flights = new Map<string, Promise<FlightOutcome>>();

  constructor(options: OutboxOptions<TBody>, table: OutboxTable<TBody>, closing: AbortSignal) {
    this.#options = options;
    this.#table = table;
    this.#closing = closing;
  }

  running(key: string): Promise<FlightOutcome> | undefined {
    return this.#flights.get(key);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#flights.values());
  }

  /** Ends with the outbox, and with the caller if it has a signal. */
  joinSignals(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing : AbortSignal.any([this.#closing, signal]);
  }

  /**
   * Starts the one send of a key. Never rejects, so that others can wait on it.
   *
   * @param load - Commits or finds the row; rejects when nothing may be sent.
   */
  start(
    key: string,
    hooks: SendHooks,
    load: () => Promise<LoadedRow<TBody>>,
  ): Promise<FlightOutcome> {
    const handoff = new Handoff(hooks, () => this.#table.isUnsent(key));
    const flight = this.#sendRow(key, handoff, hooks, load)
      .then(
        (nativeId): FlightOutcome => ({ kind: "sent", nativeId }),
        (error: unknown): FlightOutcome => ({
          kind: "failed",
          error,
          isOwnersDoing: handoff.refused || hooks.signal?.aborted === true,
        }),
      )
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #sendRow(
    key: string,
    handoff: Handoff,
    hooks: SendHooks,
    load: () => Promise<LoadedRow<TBody>>,
  ): Promise<string> {
    const { row, isFresh } = await load();
    if (row.nativeId !== undefined) {
      return row.nativeId;
    }
    await this.#options.checkpoint?.("committed", key);
    try {
      await handoff.announce();
      await this.#options.checkpoint?.("announced", key);
      const nativeId = await this.#transmit(row, handoff, hooks, isFresh);
      await this.#options.checkpoint?.("sent", key);
      this.#noteSent(key, nativeId);
      await this.#options.checkpoint?.("stored", key);
      return nativeId;
    } catch (error) {
      // The host took back a message that never came near the network: it holds the intent, so nothing is owed.
      // A message that its author took back has no body any more, but its row goes on answering replays.
      if (handoff.refused && isFresh && this.#table.isUnsent(key)) {
        this.#table.deleteKey(key);
      }
      throw error;
    }
  }

  async #transmit(
    row: OutboxRow<TBody>,
    handoff: Handoff,
    hooks: SendHooks,
    isFresh: boolean,
  ): Promise<string> {
    if (row.body === undefined) {
      throw new ChannelDurabilityError("corrupt_row", "outbox: an unsent row has no body");
    }
    const { nativeId } = await this.#options.transport.send(row.body, {
      key: row.key,
      messageId: (length) => this.#options.store.sealer.messageId(row.key, length),
      signal: this.joinSignals(hooks.signal),
      assertHandoff: () => handoff.assert(),
      isResend: !isFresh,
    });
    if (!handoff.asserted) {
      this.#options.onError?.(
        new ChannelDurabilityError("handoff_skipped", "outbox: sent without asking the host"),
      );
    }
    return nativeId;
  }

  // Not noting it costs a second send under the same id after a restart, at worst; failing the send would make
  // the host ask about a message that did arrive.
  #noteSent(key: string, nativeId: string): void {
    try {
      this.#table.storeNativeId(key, nativeId);
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}
