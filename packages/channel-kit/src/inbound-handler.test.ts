import { createRevocationWatch } from "channel-access";
import { describe, expect, it } from "vitest";
import { runWatchedTurn, sendPieces } from "./inbound-handler.ts";

function start() {
  const admitted = new Set(["pat"]);
  const watch = createRevocationWatch({ isAdmitted: async (id) => admitted.has(id) });
  const deferred: string[] = [];
  const lifecycle = {
    admission: "exclusive" as const,
    abortSignal: new AbortController().signal,
    onAdopted: async () => {},
    onAdoptionFinalizing: () => {},
    onDeferred: () => void deferred.push("deferred"),
    onAbandoned: async () => {},
  };
  return { admitted, watch, deferred, lifecycle };
}

describe("a turn", () => {
  it("ends when its person loses access, and is watched no longer than it runs", async () => {
    const { admitted, lifecycle, watch } = start();
    const aborted = await runWatchedTurn(watch, "pat", lifecycle, async (turn) => {
      expect(watch.isWorking("pat")).toBe(true);
      admitted.delete("pat");
      await watch.checkNow();
      return [turn.signal.aborted, turn.lifecycle.abortSignal.aborted];
    });
    expect(aborted).toEqual([true, true]);
    expect(watch.isWorking("pat")).toBe(false);
  });

  it("is watched until its own end when it waits behind a running one", async () => {
    const { deferred, lifecycle, watch } = start();
    const settle = await runWatchedTurn(watch, "pat", lifecycle, async (turn) => {
      turn.lifecycle.onDeferred();
      return turn.onSettled;
    });
    expect(deferred).toEqual(["deferred"]);
    expect(watch.isWorking("pat")).toBe(true);
    settle();
    expect(watch.isWorking("pat")).toBe(false);
  });

  it("is not watched any more when it failed", async () => {
    const { lifecycle, watch } = start();
    const failed = runWatchedTurn(watch, "pat", lifecycle, () => Promise.reject(new Error("no")));
    await expect(failed).rejects.toThrow("no");
    expect(watch.isWorking("pat")).toBe(false);
  });
});

it("pieces go out one after the other", async () => {
  const steps: string[] = [];
  const outbox = {
    sendBestEffort: async (body: string) => {
      steps.push(`${body} begins`);
      await Promise.resolve();
      steps.push(`${body} ends`);
      return { nativeId: body };
    },
  };
  const sent = await sendPieces(outbox, ["a", "b"], (piece) => piece.toUpperCase());
  expect(sent).toEqual([{ nativeId: "A" }, { nativeId: "B" }]);
  expect(steps).toEqual(["A begins", "A ends", "B begins", "B ends"]);
});
