import { afterEach, describe, expect, it } from "vitest";
import { startScriptedModel } from "channel-testing";
import type { ModelReply, ScriptedModel } from "channel-testing";

let open: ScriptedModel | undefined;
afterEach(async () => {
  await open?.close();
});

async function start(reply: (text: string) => ModelReply): Promise<ScriptedModel> {
  open = await startScriptedModel({ reply: (request) => reply(request.lastUserText) });
  return open;
}

function ask(model: ScriptedModel, text: string, stream = false): Promise<Response> {
  return fetch(`${model.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: text }] }),
  });
}

describe("the scripted model", () => {
  it("answers with the script's text and records the request", async () => {
    const model = await start((text) => `you said ${text}`);
    const response = await ask(model, "hi");
    await expect(response.json()).resolves.toMatchObject({
      choices: [{ message: { content: "you said hi" } }],
    });
    expect(model.requests.map((request) => request.lastUserText)).toEqual(["hi"]);
  });

  it("streams server-sent events when asked to", async () => {
    const model = await start(() => "streamed");
    const response = await ask(model, "hi", true);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const body = await response.text();
    expect(body).toContain('"content":"streamed"');
    expect(body.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("holds a parked turn until it is released, while others go on", async () => {
    const model = await start(() => "other");
    const parked = model.park((request) => request.lastUserText === "wait");
    const waiting = ask(model, "wait");
    await parked.arrived;
    await expect((await ask(model, "go")).json()).resolves.toMatchObject({
      choices: [{ message: { content: "other" } }],
    });
    parked.release("released");
    await expect((await waiting).json()).resolves.toMatchObject({
      choices: [{ message: { content: "released" } }],
    });
  });

  it("tells a waiting test about a request that comes later", async () => {
    const model = await start(() => "ok");
    const seen = model.whenRequest((request) => request.lastUserText === "later", 5000);
    await (await ask(model, "later")).arrayBuffer();
    await expect(seen).resolves.toMatchObject({ index: 0 });
  });

  it("gives the host an error when the script says so, and when the script throws", async () => {
    const model = await start((text) => {
      if (text === "throw") throw new Error("script");
      return { status: 429, message: "slow down" };
    });
    expect((await ask(model, "x")).status).toBe(429);
    expect((await ask(model, "throw")).status).toBe(500);
  });

  it("lists its model", async () => {
    const model = await start(() => "ok");
    const response = await fetch(`${model.baseUrl}/models`);
    await expect(response.json()).resolves.toMatchObject({ data: [{ id: model.modelId }] });
  });
});
