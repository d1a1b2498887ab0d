// The turn against the host's real routing, access decision and context builder. Running the agent is the host's
// and faked here; test/host carries a turn through a real gateway.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import {
  buildChannelInboundEventContext,
  type BuildChannelInboundEventContextParams,
  type ChannelInboundEventRunnerParams,
} from "openclaw/plugin-sdk/channel-inbound";
import {
  resolveStableChannelMessageIngress,
  type ChannelIngressContextBinding,
  type ResolvedChannelMessageIngress,
} from "openclaw/plugin-sdk/channel-ingress-runtime";
import type { ChannelIngressMonitorLifecycle } from "openclaw/plugin-sdk/channel-outbound";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { runTurn, type TurnMessage, type TurnOptions, type TurnRuntime } from "./turn.ts";

type RunParams = ChannelInboundEventRunnerParams<TurnMessage>;
type ResolvedTurn = Awaited<ReturnType<RunParams["adapter"]["resolveTurn"]>>;

let stateFolder: string;
let bindings: ChannelIngressContextBinding[];
let contexts: BuildChannelInboundEventContextParams[];
let runs: { params: RunParams; turn: ResolvedTurn; ingested: unknown }[];

beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), "channel-durability-turn-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateFolder);
  bindings = [];
  contexts = [];
  runs = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(stateFolder, { recursive: true, force: true });
});

function lifecycle(): ChannelIngressMonitorLifecycle {
  return {
    admission: "exclusive",
    abortSignal: new AbortController().signal,
    onAdopted: () => {},
    onDeferred: () => {},
    onDeferredHeartbeat: () => {},
    deferredHeartbeatIntervalMs: 1234,
    onAdoptionFinalizing: () => {},
    onAbandoned: () => {},
  };
}

const runtime: TurnRuntime = {
  inbound: {
    buildContext: (params) => {
      contexts.push(params);
      return buildChannelInboundEventContext(params);
    },
    run: async (params) => {
      const ingested = await params.adapter.ingest(params.raw);
      if (ingested === null) {
        throw new Error("test: nothing ingested");
      }
      const eventClass = { kind: "message", canStartAgentTurn: true } as const;
      const turn = await params.adapter.resolveTurn(ingested, eventClass, {});
      runs.push({ params, turn, ingested });
      return { dispatched: true, admission: { kind: "dispatch" } };
    },
  },
};

function resolveIngress(
  binding: ChannelIngressContextBinding,
): Promise<ResolvedChannelMessageIngress> {
  bindings.push(binding);
  return resolveStableChannelMessageIngress({
    channelId: "test",
    accountId: "main",
    identity: { key: "test-id", normalize: (value) => value, entryIdPrefix: "test" },
    subject: { stableId: "alice" },
    conversation: { kind: "direct", id: "alice" },
    dmPolicy: "allowlist",
    allowFrom: ["alice"],
    contextBinding: binding,
  });
}

function options(overrides: Partial<TurnOptions> = {}): TurnOptions {
  return {
    cfg: { session: { dmScope: "per-channel-peer" } },
    channelId: "test",
    channelLabel: "Test",
    accountId: "main",
    runtime,
    message: { id: "m1", timestampMs: 1_700_000_000_000, text: "hello agent" },
    sender: { id: "alice", name: "Alice" },
    conversation: { kind: "direct", id: "alice" },
    to: "test:alice",
    resolveIngress,
    lifecycle: lifecycle(),
    deliver: async () => {},
    onError: () => {},
    ...overrides,
  };
}

/** The plan handed to the host. */
function plan(): Extract<ResolvedTurn, { route: unknown; delivery: unknown }> {
  const turn = runs[0]?.turn;
  if (turn === undefined || !("route" in turn) || !("delivery" in turn)) {
    throw new Error("test: no routed turn was run");
  }
  return turn;
}

describe("runTurn", () => {
  it("fits the host's own channel runtime", () => {
    expectTypeOf<PluginRuntime["channel"]>().toExtend<TurnRuntime>();
  });

  it("binds access to the agent, session and message of the turn", async () => {
    await expect(runTurn(options())).resolves.toEqual({ kind: "dispatched" });
    expect(bindings).toEqual([
      {
        agentId: "main",
        sessionKey: "agent:main:test:direct:alice",
        messageId: "m1",
        inboundEventKind: "user_request",
      },
    ]);
    expect(plan()).toMatchObject({
      channel: "test",
      accountId: "main",
      route: { agentId: "main", sessionKey: "agent:main:test:direct:alice" },
    });
  });

  it("gives the context builder the very result that decided access", async () => {
    let decided: ResolvedChannelMessageIngress | undefined;
    await runTurn(
      options({
        resolveIngress: async (binding) => {
          decided = await resolveIngress(binding);
          return decided;
        },
      }),
    );
    expect(contexts[0]?.channelIngress).toBe(decided);
    expect(decided).toBeDefined();
  });

  it("shows the agent the text, the sender and the way back", async () => {
    await runTurn(options({ message: { ...options().message, replyToId: "m0" } }));
    expect(plan().ctxPayload).toMatchObject({
      BodyForAgent: "hello agent",
      RawBody: "hello agent",
      CommandBody: "hello agent",
      From: "test:alice",
      To: "test:alice",
      OriginatingChannel: "test",
      OriginatingTo: "test:alice",
      SenderId: "alice",
      SenderName: "Alice",
      ChatType: "direct",
      NativeDirectUserId: "alice",
      MessageSid: "m1",
      ReplyToId: "m0",
      Timestamp: 1_700_000_000_000,
      SessionKey: "agent:main:test:direct:alice",
      CommandAuthorized: false,
    });
    expect(plan().ctxPayload.Body).toContain("hello agent");
    expect(runs[0]?.ingested).toMatchObject({ id: "m1", rawText: "hello agent" });
  });

  it("takes the same path for a group", async () => {
    await runTurn(
      options({
        conversation: { kind: "group", id: "team", label: "The team" },
        to: "test:group:team",
        message: {
          ...options().message,
          mentions: { canDetectMention: true, wasMentioned: true },
        },
        extra: { GroupSubject: "The team" },
      }),
    );
    expect(bindings[0]?.sessionKey).toBe("agent:main:test:group:team");
    expect(plan().ctxPayload).toMatchObject({
      ChatType: "group",
      GroupSubject: "The team",
      ConversationLabel: "The team",
      OriginatingTo: "test:group:team",
      WasMentioned: true,
    });
    expect(plan().ctxPayload).not.toHaveProperty("NativeDirectUserId");
  });

  it("gives a conversation that begins anew the session of a thread, in every place that names one", async () => {
    await runTurn(options({ sessionThread: "since-7" }));
    const sessionKey = "agent:main:test:direct:alice:thread:since-7";
    expect(bindings[0]?.sessionKey).toBe(sessionKey);
    expect(contexts[0]?.route).toMatchObject({
      routeSessionKey: sessionKey,
      dispatchSessionKey: sessionKey,
    });
    expect(runs[0]?.turn).toMatchObject({ route: { agentId: "main", sessionKey } });
  });

  it("runs nothing when access was lost meanwhile", async () => {
    const refused = options({ resolveIngress: async () => undefined });
    await expect(runTurn(refused)).resolves.toEqual({ kind: "refused" });
    expect(contexts).toEqual([]);
    expect(runs).toEqual([]);
  });

  it("asks for durable delivery with proof for final answers, and for them only", async () => {
    await runTurn(options());
    const { durable } = plan().delivery;
    if (typeof durable !== "function") {
      throw new TypeError("test: durable is not decided per payload");
    }
    expect(await durable({ text: "done" }, { kind: "final" })).toEqual({
      to: "test:alice",
      requiredCapabilities: { text: true, reconcileUnknownSend: true },
    });
    expect(await durable({ text: "working" }, { kind: "block" })).toBe(false);
    expect(await durable({ text: "tool" }, { kind: "tool" })).toBe(false);
  });

  it("sends along whose question is answered, where that is not the target", async () => {
    await runTurn(options({ answerTag: "bob" }));
    const { durable } = plan().delivery;
    if (typeof durable !== "function") throw new TypeError("test: durable is not decided");
    expect(await durable({ text: "done" }, { kind: "final" })).toMatchObject({ threadId: "bob" });
    expect(plan().ctxPayload.MessageThreadId).toBeUndefined();
  });

  it("hands other payloads to the plugin", async () => {
    const delivered: unknown[] = [];
    await runTurn(
      options({
        deliver: async (payload) => {
          delivered.push(payload);
        },
      }),
    );
    await plan().delivery.deliver({ text: "working" }, { kind: "block" });
    expect(delivered).toEqual([{ text: "working" }]);
  });

  it("binds the queue row to the turn's adoption, heartbeats included", async () => {
    const held = lifecycle();
    await runTurn(options({ lifecycle: held }));
    expect(plan().replyOptions).toMatchObject({
      turnAdoptionLifecycle: {
        admission: "exclusive",
        onAdopted: held.onAdopted,
        onDeferred: held.onDeferred,
        onDeferredHeartbeat: held.onDeferredHeartbeat,
        deferredHeartbeatIntervalMs: 1234,
        onAbandoned: held.onAbandoned,
        // Ends the turn also while it waits behind another one.
        abortSignal: held.abortSignal,
      },
    });
  });

  it("reports what the host could not record or deliver", async () => {
    const stages: string[] = [];
    await runTurn(options({ onError: (_error, stage) => stages.push(stage) }));
    plan().record?.onRecordError?.(new Error("no"));
    plan().delivery.onError?.(new Error("no"), { kind: "final" });
    expect(stages).toEqual(["record", "delivery"]);
  });

  it("lets an error before the adoption through, so that the queue tries again", async () => {
    const failing: TurnRuntime = {
      inbound: { ...runtime.inbound, run: () => Promise.reject(new Error("host busy")) },
    };
    await expect(runTurn(options({ runtime: failing }))).rejects.toThrow("host busy");
  });

  it("says so when the host took the message without a turn", async () => {
    const dropping: TurnRuntime = {
      inbound: {
        ...runtime.inbound,
        run: async () => ({ dispatched: false, admission: { kind: "drop" } }),
      },
    };
    await expect(runTurn(options({ runtime: dropping }))).resolves.toEqual({
      kind: "not_dispatched",
      admission: "drop",
    });
  });
});
