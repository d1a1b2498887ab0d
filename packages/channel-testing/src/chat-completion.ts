import { randomUUID } from "node:crypto";
import type { Json, JsonObject } from "./json.ts";
import { isJsonObject } from "./json.ts";

/** The host wants to see figures; nothing here depends on them. */
const USAGE: JsonObject = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

const INTERNAL_CONTEXT = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";

/** One request of the host to the model, in the parts that tests ask about. */
export interface ModelRequest {
  /** Counts the requests of one server from 0. */
  readonly index: number;
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  /** The last message of role `user` that a user wrote, between an envelope and facts that the host puts around it. */
  readonly lastUserText: string;
  /** Pictures in any message, as the data URLs that the host made of them. */
  readonly images: readonly string[];
  readonly toolNames: readonly string[];
  readonly stream: boolean;
}

export interface ModelToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** What the model says: a text, tool calls (with or without a text before them), or an HTTP error. */
export type ModelReply =
  | string
  | { readonly text?: string; readonly toolCalls: readonly ModelToolCall[] }
  | { readonly status: number; readonly message: string };

/** Reads the body of `POST /v1/chat/completions`; unknown parts are ignored, missing ones are empty. */
export function parseModelRequest(body: unknown, index: number): ModelRequest {
  const root = isJsonObject(body) ? body : {};
  const messages = (Array.isArray(root["messages"]) ? root["messages"] : [])
    .filter(isJsonObject)
    .map((message) => ({ role: asText(message["role"]), text: contentText(message["content"]) }));
  const tools = (Array.isArray(root["tools"]) ? root["tools"] : []).filter(isJsonObject);
  return {
    index,
    model: asText(root["model"]),
    messages,
    images: (Array.isArray(root["messages"]) ? root["messages"] : [])
      .filter(isJsonObject)
      .flatMap(({ content }) => imageUrls(content)),
    lastUserText: messages.findLast(isWrittenByUser)?.text ?? "",
    toolNames: tools.map((tool) => {
      const declared = tool["function"];
      return isJsonObject(declared) ? asText(declared["name"]) : "";
    }),
    stream: root["stream"] === true,
  };
}

function imageUrls(content: Json | undefined): string[] {
  if (!Array.isArray(content)) return [];
  return content.filter(isJsonObject).flatMap(({ image_url: image }) => {
    const url = isJsonObject(image) ? image["url"] : image;
    return typeof url === "string" ? [url] : [];
  });
}

/** The host ends a conversation with facts of its own in a message of role `user`. */
function isWrittenByUser(message: { role: string; text: string }): boolean {
  return message.role === "user" && !message.text.startsWith(INTERNAL_CONTEXT);
}

type SpokenReply = Exclude<ModelReply, { status: number }>;

/** The reply as a list of server-sent events, each ready to be written; ends with `[DONE]`. */
export function formatCompletionStream(reply: SpokenReply, model: string): string[] {
  const { text, toolCalls } = splitReply(reply);
  const base = {
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model,
  };
  const chunk = (delta: JsonObject, finishReason: string | null): JsonObject => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
  const chunks: JsonObject[] = [chunk({ role: "assistant", content: "" }, null)];
  if (text !== "") chunks.push(chunk({ content: text }, null));
  for (const [index, call] of toolCalls.entries())
    chunks.push(chunk({ tool_calls: [{ index, ...formatToolCall(call) }] }, null));
  chunks.push(
    { ...chunk({}, finishReasonOf(toolCalls)), usage: USAGE },
    { ...base, choices: [], usage: USAGE },
  );
  return [...chunks.map((part) => `data: ${JSON.stringify(part)}\n\n`), "data: [DONE]\n\n"];
}

/** The reply as one JSON body, for requests without `stream`. */
export function formatCompletion(reply: SpokenReply, model: string): JsonObject {
  const { text, toolCalls } = splitReply(reply);
  const message: JsonObject = { role: "assistant", content: text };
  if (toolCalls.length > 0) message["tool_calls"] = toolCalls.map(formatToolCall);
  return {
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, message, finish_reason: finishReasonOf(toolCalls) }],
    usage: USAGE,
  };
}

function splitReply(reply: SpokenReply): { text: string; toolCalls: readonly ModelToolCall[] } {
  if (typeof reply === "string") return { text: reply, toolCalls: [] };
  return { text: reply.text ?? "", toolCalls: reply.toolCalls };
}

function finishReasonOf(toolCalls: readonly ModelToolCall[]): string {
  return toolCalls.length > 0 ? "tool_calls" : "stop";
}

function formatToolCall(call: ModelToolCall): JsonObject {
  return {
    id: `call_${randomUUID()}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  };
}

/** Content is a string, or a list of parts of which the text ones count. */
function contentText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isJsonObject)
    .map((part) => asText(part["text"]))
    .join("");
}

function asText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
