import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConvosError } from "../errors.ts";
import { openAlone } from "./open-alone.ts";
import type { XmtpInbox } from "./port.ts";

const PATH = "inbox.db3";
const LIMITS = { answerMaxMs: 1_000 };
const CLOSED = new ConvosError("closed", "conversation: closed");

type Closable = Pick<XmtpInbox, "close">;

/** An opening whose end the test decides, and the inbox of it. */
function slowOpening(): {
  open: () => Promise<Closable>;
  begun: () => boolean;
  end: () => void;
  close: Closable["close"];
} {
  const { promise, resolve } = Promise.withResolvers<Closable>();
  const close = vi.fn<Closable["close"]>(() => Promise.resolve());
  const open = vi.fn<() => Promise<Closable>>(() => promise);
  return { open, begun: () => open.mock.calls.length > 0, end: () => resolve({ close }), close };
}

describe("an opening of an inbox", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("waits for one of the same database that was given up, which is closed", async () => {
    const [first, second] = [slowOpening(), slowOpening()];
    const stop = new AbortController();
    const failed = openAlone(PATH, first.open, { ...LIMITS, signal: stop.signal }).catch(
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(0);
    stop.abort(CLOSED);
    expect(await failed).toBe(CLOSED);
    const opened = openAlone(PATH, second.open, LIMITS);
    await vi.advanceTimersByTimeAsync(500);
    expect(second.begun()).toBe(false);
    first.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(first.close).toHaveBeenCalledOnce();
    expect(second.begun()).toBe(true);
    second.end();
    await opened;
    expect(second.close).not.toHaveBeenCalled();
  });

  it("does not wait for one of another database", async () => {
    const [first, second] = [slowOpening(), slowOpening()];
    const failed = openAlone(PATH, first.open, LIMITS).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await failed).toMatchObject({ code: "network_unreachable" });
    second.end();
    await openAlone("other.db3", second.open, LIMITS);
    first.end();
    await vi.advanceTimersByTimeAsync(0);
  });

  it("waits no longer than there can be an answer, and never begins what was itself given up", async () => {
    const [first, second, third] = [slowOpening(), slowOpening(), slowOpening()];
    for (const { open } of [first, second]) {
      const failed = openAlone(PATH, open, LIMITS).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await failed).toMatchObject({ code: "network_unreachable" });
    }
    await vi.advanceTimersByTimeAsync(4_500);
    third.end();
    await openAlone(PATH, third.open, LIMITS);
    expect(second.begun()).toBe(false);
    first.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(first.close).toHaveBeenCalledOnce();
  });
});
