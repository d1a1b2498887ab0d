import type { IngressMonitor } from "./ingress-monitor.ts";
import type { Outbox } from "./outbox-contract.ts";
import type { DurableStore } from "./store.ts";

export interface DurableAccountOptions {
  readonly store: DurableStore;
  readonly monitor: Pick<IngressMonitor<never>, "start" | "stop">;
  readonly outbox: Pick<Outbox<never>, "resendUnsent" | "close">;
  /** The transport's receive loop. Runs until `signal` aborts; returning or throwing earlier stops the account. */
  receive(signal: AbortSignal): Promise<void>;
  /** Stops the account when it aborts. */
  readonly signal: AbortSignal;
  /** A resend at start that failed as a whole; single messages are reported by the outbox. */
  onError(error: unknown): void;
}

/**
 * Runs the durable half of one account from start to a complete stop.
 *
 * Start: messages of an earlier run go out again beside the starting monitor, then events are received. Stop, in
 * the order that loses nothing: no more events come in, admitted ones are stored and running turns end (they may
 * still answer), then sends end, then the file is closed. The caller keeps the transport open until this settles,
 * and ends it afterwards; a stop never waits for the network beyond what the transport's signal allows.
 *
 * @throws What `receive` threw, after everything was released.
 */
export async function runDurableAccount(options: DurableAccountOptions): Promise<void> {
  const { monitor, outbox, store } = options;
  await using released = new AsyncDisposableStack();
  released.use(store);
  released.defer(() => outbox.close());
  released.defer(() => monitor.stop());
  if (options.signal.aborted) {
    return;
  }
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const resending = outbox.resendUnsent({ signal }).catch((error: unknown) => {
    if (!signal.aborted) {
      options.onError(error);
    }
  });
  monitor.start();
  try {
    await options.receive(signal);
  } finally {
    ending.abort();
    await resending;
  }
}
