import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConvosError } from "../errors.ts";
import { callXmtp } from "./call-xmtp.ts";

const NEVER = new Promise<never>(() => {});
const CLOSED = new ConvosError("closed", "the inbox is closed");

describe("a call of XMTP's library", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("gives what the library gives, and leaves no timer", async () => {
    const onLate = vi.fn<() => void>();
    expect(await callXmtp("read", () => Promise.resolve(7), { onLate })).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
    expect(onLate).not.toHaveBeenCalled();
  });

  it("fails as the library fails, in our words", async () => {
    const call = callXmtp("read", () => Promise.reject(new Error("tcp connect error")));
    await expect(call).rejects.toMatchObject({ code: "network_unreachable" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives up after two minutes, and says so to whoever has to open it anew", async () => {
    const onLate = vi.fn<() => void>();
    const failed = callXmtp("read", () => NEVER, { onLate }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(119_999);
    expect(onLate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onLate).toHaveBeenCalledOnce();
    expect(await failed).toMatchObject({ code: "network_unreachable" });
  });

  it("ends with the signal, whatever the library does then", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = new AbortController();
    const call = callXmtp("read", () => promise, { signal: stop.signal });
    stop.abort(CLOSED);
    await expect(call).rejects.toBe(CLOSED);
    reject(new Error("needs to reconnect before use"));
    await vi.runAllTimersAsync();
  });

  it("does not begin after it", async () => {
    const work = vi.fn<() => Promise<number>>();
    await expect(callXmtp("read", work, { signal: AbortSignal.abort(CLOSED) })).rejects.toBe(
      CLOSED,
    );
    expect(work).not.toHaveBeenCalled();
  });
});
