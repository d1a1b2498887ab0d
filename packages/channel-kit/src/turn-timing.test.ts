import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { expect, it } from "vitest";
import { createTurnTiming, type Backlog } from "./turn-timing.ts";

const STARTED_AT_MS = 1_700_000_000_000;

function timing(cfg: OpenClawConfig = {}, backlog: Backlog = "each") {
  return createTurnTiming<ReturnType<typeof message>>({
    channelId: "demo",
    textOf: ({ text }) => text,
    startedAtMs: STARTED_AT_MS,
    readConfig: () => cfg,
    readBacklog: () => backlog,
  });
}

function message(text: string, sentAtMs = STARTED_AT_MS + 1) {
  return { sentAtMs, arrivedAtMs: STARTED_AT_MS + 10, text };
}

it("waits for more lines as long as OpenClaw's own setting says, else 1.5 seconds", () => {
  const live = message("hello");
  expect(timing().quietMs(live)).toBe(1500);
  expect(timing({ messages: { inbound: { debounceMs: 200 } } }).quietMs(live)).toBe(200);
  const both = { inbound: { debounceMs: 200, byChannel: { demo: 0 } } };
  expect(timing({ messages: both }).quietMs(live)).toBe(0);
});

it("lets commands through at once", () => {
  expect(timing().quietMs(message("/stop"))).toBe(0);
  expect(timing().quietMs(message("stop"))).toBe(0);
});

it("answers each message of an absence, or merges them, as configured", () => {
  const waited = message("hello", STARTED_AT_MS - 1);
  expect(timing().quietMs(waited)).toBe(0);
  expect(timing({}, "merge").quietMs(waited)).toBe(4000);
  const slow = { messages: { inbound: { debounceMs: 9000 } } };
  expect(timing(slow, "merge").quietMs(waited)).toBe(9000);
  expect(timing({}, "merge").quietMs(message("/status", STARTED_AT_MS - 1))).toBe(0);
});

it("puts no more text into one turn than one message may have", () => {
  const long = message("x".repeat(40 * 1024));
  expect(timing().mayJoin(long, [message("short")])).toBe(true);
  expect(timing().mayJoin(long, [long])).toBe(false);
});
