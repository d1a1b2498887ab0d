import { expect, it } from "vitest";
import { ChannelKitError } from "./errors.ts";
import { createSendErrorMapper } from "./send-failure.ts";
import { createClientTransport, type ClientTransport, type TransportOptions } from "./transport.ts";

const failWith = (code: string): Promise<never> =>
  Promise.reject(Object.assign(new Error("canary"), { code }));

/** A transport over a client that notes its steps, and one send through it. */
function createScene(
  own: Partial<ClientTransport<string>> = {},
  options: Partial<TransportOptions<string>> = {},
) {
  const steps: string[] = [];
  const giveUp = new AbortController();
  const client: ClientTransport<string> = {
    names: { id: "ours", network: "post" },
    messageIdBytes: 3,
    queue: async (body, messageId) => {
      steps.push(`queued ${body} ${messageId.join("")}`);
    },
    whenSent: async () => {
      steps.push("sent");
      return "native";
    },
    mapSendError: createSendErrorMapper("ours", {
      passing: ["queue_full"],
      permanent: ["too_large", "refused"],
    }),
    isRefusal: (error) => error instanceof Error && "code" in error && error.code === "refused",
    ...own,
  };
  const transport = createClientTransport(client, {
    mayLeave: () => true,
    onSent: () => steps.push("reported"),
    giveUp: giveUp.signal,
    ...options,
  });
  const send = () =>
    transport.send("hi", {
      key: "queue/0",
      messageId: (length) => Uint8Array.from({ length }, (_, index) => index),
      signal: new AbortController().signal,
      assertHandoff: () => steps.push("asked the host"),
      isResend: false,
    });
  return { giveUp, send, steps };
}

/** Never, unless the signal aborts. */
const forever: ClientTransport<string>["whenSent"] = (_body, _id, signal) =>
  new Promise((_resolve, reject) => {
    const end = (): void => reject(new Error("waited"));
    // An aborted signal never fires again.
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  });

const NOT_DISPATCHED = "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED";

it("asks for access, then the host, queues, waits, and reports", async () => {
  const { send, steps } = createScene();
  await expect(send()).resolves.toEqual({ nativeId: "native" });
  expect(steps).toEqual(["asked the host", "queued hi 012", "sent", "reported"]);
});

it("certainly sends nothing to who may not be answered, and asks again where nobody could say", async () => {
  const no = createScene({}, { mayLeave: () => Promise.resolve(false) });
  await expect(no.send()).rejects.toMatchObject({ code: NOT_DISPATCHED, retryable: false });
  const unknown = createScene({}, { mayLeave: () => failWith("any") });
  await expect(unknown.send()).rejects.toMatchObject({ code: NOT_DISPATCHED, retryable: true });
  expect([...no.steps, ...unknown.steps]).toEqual([]);
});

it.each([
  ["queue_full", true],
  ["too_large", false],
])("says of %s that nothing was queued, without the client's words", async (code, retryable) => {
  const { send } = createScene({ queue: () => failWith(code) });
  await expect(send()).rejects.toMatchObject({
    code: NOT_DISPATCHED,
    retryable,
    message: `ours: not sent (${code})`,
  });
});

it("leaves an unknown error of queueing as it is: perhaps something was", async () => {
  const { send } = createScene({ queue: () => failWith("new") });
  await expect(send()).rejects.toMatchObject({ code: "new" });
});

it("does not take a refusal for a delay, nor a delay for a refusal", async () => {
  const refused = createScene({ whenSent: () => failWith("refused") });
  await expect(refused.send()).rejects.toMatchObject({ code: NOT_DISPATCHED, retryable: false });
  const late = createScene({ whenSent: forever }, { waitMs: 5 });
  await expect(late.send()).rejects.toThrow(
    new ChannelKitError(
      "not_stored_yet",
      "ours: the post has not taken the message yet; it stays queued and goes out by itself",
    ),
  );
  expect(late.steps).not.toContain("reported");
});

it("does not hold up a stop", async () => {
  const { giveUp, send } = createScene({ whenSent: forever });
  const sending = send();
  giveUp.abort();
  await expect(sending).rejects.toMatchObject({ code: "not_stored_yet" });
});
