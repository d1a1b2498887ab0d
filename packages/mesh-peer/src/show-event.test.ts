import { expect, it } from "vitest";
import type { ApiEvent } from "./api-client.ts";
import { formatEvent, formatEventJson } from "./show-event.ts";

const event: ApiEvent = {
  id: 7,
  kind: "group",
  channel: "#dev",
  from: "Jt4xsCOLqMXqhdHe0OC8zplyTXYqDiQxCXGzMD6Kb2M",
  verified: true,
  messageId: "m",
  body: "hello",
  payload: null,
  replyTo: null,
  sealed: false,
  sentAt: "2026-01-02T03:04:05.678Z",
  receivedAt: "2026-01-02T03:04:06.000Z",
};

it("a message is one line with time, channel, and sender", () => {
  expect(formatEvent(event)).toBe("03:04:05 #dev Jt4xsCOL: hello");
  expect(formatEvent({ ...event, kind: "direct" })).toBe("03:04:05 direct Jt4xsCOL: hello");
});

it("whoever is not proven is marked", () => {
  expect(formatEvent({ ...event, from: "bob", verified: false })).toBe("03:04:05 #dev bob?: hello");
});

it.each([
  ["moves the cursor", "a\u001b[2J\u001b]0;title\u0007b", "a\ufffd[2J\ufffd]0;title\ufffdb"],
  ["uses a C1 control", "a\u009b31mb", "a\ufffd31mb"],
  ["turns the text", "a\u202eb\u2066c", "a\ufffdb\ufffdc"],
  ["passes for another line", "a\r\n12:00:00 lobby Boss: b", "a\ufffd\u23ce12:00:00 lobby Boss: b"],
])("text that %s is shown and has no effect", (_what, body, shown) => {
  expect(formatEvent({ ...event, body })).toBe(`03:04:05 #dev Jt4xsCOL: ${shown}`);
});

it("the channel and the sender are strangers' text too", () => {
  const line = formatEvent({ ...event, channel: "\u001b[1m", from: "\u001bc" });
  expect(line).toBe("03:04:05 \ufffd[1m \ufffdc: hello");
});

it("JSON is one line without control characters, and reads back as it was", () => {
  const odd = { ...event, body: "a\n\u009b\u2028\u202e\u007fb" };
  const line = formatEventJson(odd);
  expect(line).toMatch(/^[ -~]+$/u);
  expect(JSON.parse(line)).toEqual(odd);
});
