import { describe, expect, it } from "vitest";
import { formatCompletion, formatCompletionStream, parseModelRequest } from "./chat-completion.ts";
import { isJsonObject } from "./json.ts";

const parse = (event: string): unknown => JSON.parse(event.slice("data: ".length));

describe("parseModelRequest", () => {
  it("reads plain and multi-part contents and picks the last user message", () => {
    const request = parseModelRequest(
      {
        model: "scripted-1",
        stream: true,
        messages: [
          { role: "system", content: "rules" },
          { role: "user", content: "first" },
          { role: "assistant", content: null },
          {
            role: "user",
            content: [
              { type: "text", text: "sec" },
              { type: "image_url" },
              { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
              { text: "ond" },
            ],
          },
          { role: "user", content: "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nfacts" },
        ],
        tools: [{ type: "function", function: { name: "message" } }],
      },
      3,
    );
    expect(request).toMatchObject({
      index: 3,
      stream: true,
      lastUserText: "second",
      images: ["data:image/png;base64,AA=="],
      toolNames: ["message"],
    });
    expect(request.messages.slice(0, 4).map((message) => message.text)).toEqual([
      "rules",
      "first",
      "",
      "second",
    ]);
  });

  it("takes a body of another form as an empty request", () => {
    expect(parseModelRequest("nonsense", 0)).toEqual({
      index: 0,
      model: "",
      messages: [],
      lastUserText: "",
      images: [],
      toolNames: [],
      stream: false,
    });
  });
});

describe("formatCompletionStream", () => {
  it("streams role, text, stop reason and usage, then the end mark", () => {
    const events = formatCompletionStream("hello", "m");
    expect(events.at(-1)).toBe("data: [DONE]\n\n");
    const chunks = events.slice(0, -1).map(parse);
    expect(chunks[1]).toMatchObject({ choices: [{ delta: { content: "hello" } }] });
    expect(chunks[2]).toMatchObject({ choices: [{ finish_reason: "stop" }] });
    expect(new Set(chunks.filter(isJsonObject).map((chunk) => chunk["id"])).size).toBe(1);
  });

  it("streams tool calls with their arguments as JSON text", () => {
    const reply = { toolCalls: [{ name: "message", arguments: { action: "react" } }] };
    const chunks = formatCompletionStream(reply, "m").slice(0, -1).map(parse);
    expect(chunks).toContainEqual(
      expect.objectContaining({
        choices: [
          expect.objectContaining({
            delta: {
              tool_calls: [
                expect.objectContaining({
                  index: 0,
                  function: { name: "message", arguments: '{"action":"react"}' },
                }),
              ],
            },
          }),
        ],
      }),
    );
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: "tool_calls" }] });
  });
});

it("formats one body for a request without streaming", () => {
  expect(formatCompletion("hello", "m")).toMatchObject({
    object: "chat.completion",
    choices: [{ message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  });
});
