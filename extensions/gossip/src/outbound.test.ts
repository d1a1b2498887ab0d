import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bech32 } from "@scure/base";
import { openDurableStore, openOutbox } from "channel-durability";
import { describe, expect, it } from "vitest";
import { createQuietAccount } from "../test-support/quiet-account.ts";
import type { GossipConnection } from "./client.ts";
import {
  createMessageBody,
  parseGossipMessageBody,
  type GossipMessageBody,
} from "./message-body.ts";
import { createGossipTransport, gossipMessageAdapter, gossipOutboundAdapter } from "./outbound.ts";
import { registerLiveAccount } from "./runtime.ts";

const ID = bech32.encode("gossip", bech32.toWords(new Uint8Array(32).fill(1)));
const HEX = "000102030405060708090a0b";

describe("a message body", () => {
  it("cites the message it answers", () => {
    expect(createMessageBody(ID, "hi", HEX)).toMatchObject({ to: ID, text: "hi", replyToId: HEX });
  });

  it.each([undefined, null, "request-1000", "", HEX.toUpperCase()])(
    "cites nothing when %j is no message id",
    (replyToId) => {
      expect(createMessageBody(ID, "hi", replyToId)).not.toHaveProperty("replyToId");
    },
  );

  it("comes back from the outbox as it was, or not at all", () => {
    const body = createMessageBody(ID, "hi", HEX);
    expect(parseGossipMessageBody(JSON.parse(JSON.stringify(body)))).toEqual(body);
    expect(() => parseGossipMessageBody({ ...body, more: 1 })).toThrow(Error);
  });
});

type Port = Pick<GossipConnection, "queueBody" | "whenStored">;

function createScene(
  port: Partial<Port> = {},
  isNamed: (userId: string) => Promise<boolean> = () => Promise.resolve(true),
) {
  const steps: string[] = [];
  const connection: Port = {
    queueBody: async (body, id) => {
      steps.push(`queued ${"text" in body ? body.text : ""} ${Buffer.from(id).toString("hex")}`);
    },
    whenStored: async () => {
      steps.push("stored");
    },
    ...port,
  };
  const giveUp = new AbortController();
  const transport = createGossipTransport({
    connection,
    isNamed,
    onSent: () => steps.push("reported"),
    giveUp: giveUp.signal,
    waitMs: 50,
  });
  const send = () =>
    transport.send(createMessageBody(ID, "hi"), {
      key: "queue/0",
      messageId: (length) => Uint8Array.from({ length }, (_, index) => index),
      signal: new AbortController().signal,
      assertHandoff: () => steps.push("asked the host"),
      isResend: false,
    });
  return { steps, send, giveUp };
}

function failWith(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(code), { code }));
}

/** Never, unless the signal aborts. */
const forever = async (_to: string, _id: Uint8Array, signal: AbortSignal): Promise<void> => {
  await sleep(60_000, undefined, { signal });
};

describe("sending", () => {
  it.each([
    ["an answer to somebody the operator let in", true, "message"],
    ["an answer to a stranger", false, "stranger"],
  ])("tells the client of %s", async (_whom, isNamed, purpose) => {
    const purposes: string[] = [];
    const queueBody: Port["queueBody"] = async (body) => {
      purposes.push(body.purpose);
    };
    await createScene({ queueBody }, () => Promise.resolve(isNamed)).send();
    expect(purposes).toEqual([purpose]);
  });

  it("asks the host, queues, waits for the relay and gives the real id", async () => {
    const { send, steps } = createScene();
    await expect(send()).resolves.toEqual({ nativeId: HEX });
    expect(steps).toEqual(["asked the host", `queued hi ${HEX}`, "stored", "reported"]);
  });

  it.each([
    ["queue_full", true],
    ["relay_unreachable", true],
    ["too_large", false],
    ["invalid_user_id", false],
  ])("that fails before anything is queued (%s) says so", async (code, retryable) => {
    const { send } = createScene({ queueBody: () => failWith(code) });
    await expect(send()).rejects.toMatchObject({
      code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED",
      retryable,
    });
  });

  it("that the relay does not take in time is neither sent nor certainly not sent", async () => {
    const { send, steps } = createScene({ whenStored: forever });
    await expect(send()).rejects.toMatchObject({ code: "not_stored_yet" });
    expect(steps).not.toContain("reported");
  });

  it("does not hold up a stop", async () => {
    const { send, giveUp } = createScene({ whenStored: forever });
    const sending = send();
    giveUp.abort();
    await expect(sending).rejects.toMatchObject({ code: "not_stored_yet" });
  });
});

describe("the host's adapters", () => {
  it("send through the gateway only, since the CLI must not open the account", () => {
    expect(gossipOutboundAdapter.deliveryMode).toBe("gateway");
  });

  it("take an id in any accepted form and refuse other targets", () => {
    expect(gossipOutboundAdapter.resolveTarget?.({ to: ID.toUpperCase() })).toEqual({
      ok: true,
      to: `gossip:${ID}`,
    });
    expect(gossipOutboundAdapter.resolveTarget?.({ to: "Alice" })).toMatchObject({ ok: false });
    expect(gossipOutboundAdapter.resolveTarget?.({})).toMatchObject({ ok: false });
  });

  it("say that nothing left when the account does not run", async () => {
    await expect(
      gossipMessageAdapter.send?.text?.({ cfg: {}, to: ID, text: "hi" }),
    ).rejects.toMatchObject({ code: "OPENCLAW_PLATFORM_MESSAGE_NOT_DISPATCHED", retryable: true });
  });

  it("tell what the operator wrote from an answer, for a later attempt", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "gossip-outbound-"));
    const store = openDurableStore({
      path: path.join(folder, "channel.db"),
      key: new Uint8Array(32),
    });
    const bodies: GossipMessageBody[] = [];
    const outbox = openOutbox({
      store,
      transport: {
        send: async (body, context) => {
          context.assertHandoff();
          bodies.push(body);
          return { nativeId: HEX };
        },
      },
      parseBody: parseGossipMessageBody,
    });
    const forget = registerLiveAccount(
      "default",
      createQuietAccount({
        userId: ID,
        outbox,
      }),
    );
    try {
      const context = { cfg: {}, to: ID, text: "hi" };
      await gossipMessageAdapter.send?.text?.({ ...context, gatewayClientScopes: [] });
      await gossipMessageAdapter.send?.text?.({
        ...context,
        gatewayClientScopes: ["operator.write"],
      });
      expect(bodies.map(({ purpose }) => purpose)).toEqual(["message", "operator"]);
    } finally {
      forget();
      await outbox.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
