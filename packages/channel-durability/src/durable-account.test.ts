import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { runDurableAccount, type DurableAccountOptions } from "./durable-account.ts";

let temporary: TemporaryStore;
let order: string[];

beforeEach(() => {
  temporary = new TemporaryStore();
  order = [];
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

function isStoreOpen(): boolean {
  try {
    return temporary.store.get("SELECT 1") !== undefined;
  } catch {
    return false;
  }
}

/** Parts that write down when they are called; `receive` runs until its signal aborts. */
function parts(overrides: Partial<DurableAccountOptions> = {}): DurableAccountOptions {
  return {
    store: temporary.store,
    monitor: {
      start: () => {
        order.push("monitor started");
      },
      stop: async () => {
        order.push(`monitor stopped, store ${isStoreOpen() ? "open" : "closed"}`);
      },
    },
    outbox: {
      resendUnsent: async () => {
        order.push("resend");
        return { sent: 0, failed: 0, dropped: 0 };
      },
      close: async () => {
        order.push(`outbox closed, store ${isStoreOpen() ? "open" : "closed"}`);
      },
    },
    receive: (signal) => {
      order.push("receive");
      return new Promise((resolve) => {
        signal.addEventListener(
          "abort",
          () => {
            order.push("receive ended");
            resolve();
          },
          { once: true },
        );
      });
    },
    signal: new AbortController().signal,
    onError: () => order.push("error"),
    ...overrides,
  };
}

describe("runDurableAccount", () => {
  it("resends, starts, receives, and stops in the order that loses nothing", async () => {
    const stop = new AbortController();
    const running = runDurableAccount(parts({ signal: stop.signal }));
    stop.abort();
    await running;
    expect(order).toEqual([
      "resend",
      "monitor started",
      "receive",
      "receive ended",
      "monitor stopped, store open",
      "outbox closed, store open",
    ]);
    expect(isStoreOpen()).toBe(false);
  });

  it("releases everything when receiving fails, and says why", async () => {
    const failure = new Error("bug");
    await expect(runDurableAccount(parts({ receive: () => Promise.reject(failure) }))).rejects.toBe(
      failure,
    );
    expect(order.slice(-2)).toEqual(["monitor stopped, store open", "outbox closed, store open"]);
    expect(isStoreOpen()).toBe(false);
  });

  it("releases everything when it is stopped before it starts", async () => {
    await runDurableAccount(parts({ signal: AbortSignal.abort() }));
    expect(order).toEqual(["monitor stopped, store open", "outbox closed, store open"]);
    expect(isStoreOpen()).toBe(false);
  });

  it("closes the store even when stopping fails", async () => {
    const { monitor, ...rest } = parts({ signal: AbortSignal.abort() });
    await expect(
      runDurableAccount({
        ...rest,
        monitor: { ...monitor, stop: () => Promise.reject(new Error("stuck")) },
      }),
    ).rejects.toThrow("stuck");
    expect(isStoreOpen()).toBe(false);
  });

  it("goes on without the resend when that fails, and says so", async () => {
    const stop = new AbortController();
    const { outbox, ...rest } = parts({ signal: stop.signal });
    const failing = { ...outbox, resendUnsent: () => Promise.reject(new Error("disk")) };
    const errors: unknown[] = [];
    const running = runDurableAccount({
      ...rest,
      outbox: failing,
      onError: (error) => {
        errors.push(error);
        stop.abort();
      },
    });
    await running;
    expect(errors).toEqual([expect.objectContaining({ message: "disk" })]);
    expect(order).toContain("receive");
  });
});
