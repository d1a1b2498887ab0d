import { describe, expect, it } from "vitest";
import { resendWhenConnected } from "./resend.ts";

interface State {
  readonly connected: boolean;
}

const online: State = { connected: true };
const offline = { ...online, connected: false };

/** Runs until the account was looked at as often as there are answers. */
async function run(looks: readonly { status: State; unsent: number }[]) {
  const stop = new AbortController();
  const resentAt: number[] = [];
  const errors: unknown[] = [];
  let look = -1;
  const running = resendWhenConnected({
    connection: {
      status: () => {
        look += 1;
        if (look === looks.length) stop.abort();
        return looks[look]?.status ?? offline;
      },
    },
    outbox: {
      resendUnsent: async () => {
        resentAt.push(look);
        if (resentAt.length === 1) throw new Error("locked");
        return { sent: 1, failed: 0, dropped: 0 };
      },
    },
    countUnsent: () => looks[look]?.unsent ?? 0,
    signal: stop.signal,
    onError: (error) => errors.push(error),
    intervalMs: 1,
  });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
  return { resentAt, errors };
}

describe("messages left over from an outage", () => {
  it("go out when the relay is back, and a failure of one look does not end the looking", async () => {
    const { errors, resentAt } = await run([
      { status: offline, unsent: 2 },
      { status: online, unsent: 2 },
      { status: online, unsent: 2 },
    ]);
    expect(resentAt).toEqual([1, 2]);
    expect(errors).toEqual([expect.objectContaining({ message: "locked" })]);
  });

  it("cost nothing while there are none", async () => {
    const { resentAt } = await run([{ status: online, unsent: 0 }]);
    expect(resentAt).toEqual([]);
  });
});
