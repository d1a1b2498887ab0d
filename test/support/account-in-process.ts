import type { EventEmitter } from "node:events";
import {
  buildChannelInboundEventContext,
  type BuildChannelInboundEventContextParams,
  type ChannelInboundEventRunnerParams,
  type ChannelInboundTurnPlan,
} from "openclaw/plugin-sdk/channel-inbound";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { upsertChannelPairingRequest } from "openclaw/plugin-sdk/conversation-runtime";

/** Where an agent would be given its turns. */
export interface AgentEar {
  /** Contexts the agent was given, in order. */
  readonly turns: BuildChannelInboundEventContextParams[];
  /** Hears `turn` whenever the agent would have run. */
  readonly news: EventEmitter;
  /** Takes a turn as the host's runner does; default: it is over at once. */
  readonly runTurn?: (turn: ChannelInboundTurnPlan) => void;
}

/** The host's real routing, access decision, context builder and pairing store; only running the agent is faked. */
export function createChannelRuntime({ news, runTurn, turns }: AgentEar) {
  return {
    runtimeContexts: {
      register: () => ({ dispose: () => undefined }),
      get: () => undefined,
      watch: () => () => undefined,
    },
    inbound: {
      ingress: { resolveStable: resolveStableChannelMessageIngress },
      buildContext: (params: BuildChannelInboundEventContextParams) => {
        turns.push(params);
        return buildChannelInboundEventContext(params);
      },
      run: async ({ adapter, raw }: ChannelInboundEventRunnerParams<unknown>) => {
        const input = runTurn === undefined ? null : await adapter.ingest(raw);
        if (input !== null) {
          const eventClass = { kind: "message", canStartAgentTurn: true } as const;
          const plan = await adapter.resolveTurn(input, eventClass, {});
          if ("delivery" in plan && "route" in plan) runTurn?.(plan);
        }
        news.emit("turn");
        return { dispatched: true, admission: { kind: "dispatch" } };
      },
    },
    pairing: { upsertPairingRequest: upsertChannelPairingRequest },
  };
}
