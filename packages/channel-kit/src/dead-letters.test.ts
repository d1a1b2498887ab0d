import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createOperatorView,
  openDurableStore,
  openErasure,
  openIngressQueue,
} from "channel-durability";
import { afterAll, expect, it } from "vitest";
import { createDeadLetterDesk, createSenderReader } from "./dead-letters.ts";

const folder = mkdtempSync(path.join(tmpdir(), "demo-dead-letters-"));
const store = openDurableStore({ path: path.join(folder, "channel.db"), key: new Uint8Array(32) });
const queue = openIngressQueue({
  store,
  channelId: "demo",
  accountId: "default",
  tryParsePayload: (value) => value,
});
const readSender = createSenderReader((rawEvent) => String(JSON.parse(rawEvent).peer));
const desk = createDeadLetterDesk(
  createOperatorView({ store, queue, readSender }),
  openErasure(store),
);

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function giveUp(id: string): Promise<void> {
  const rawEvent = JSON.stringify({ peer: "demo1sender", text: "private" });
  await queue.enqueue(id, { version: 1, rawEvent }, { laneKey: "lane" });
  const claim = await queue.claim(id);
  if (claim === null) throw new Error("not claimed");
  await queue.fail(claim, { reason: "broken" });
}

it("lists what was given up without its contents, hands it out again, and deletes it", async () => {
  await giveUp("event-1");
  await giveUp("event-2");
  const letters = await desk.list();
  expect(letters).toMatchObject([
    { id: "event-1", from: "demo1sender", reason: "broken" },
    { id: "event-2" },
  ]);
  expect(JSON.stringify(letters)).not.toContain("private");

  expect(await desk.retry("event-1")).toBe("done");
  // It waits now: dropping is for dead letters.
  expect(await desk.drop("event-1")).toBe("not-found");
  expect(await desk.drop("event-2")).toBe("done");
  expect(await desk.retry("event-2")).toBe("not-found");
  expect(await desk.list()).toEqual([]);
});
