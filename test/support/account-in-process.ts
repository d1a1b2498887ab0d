import type { EventEmitter } from "node:events";
import {
  buildChannelInboundEventContext,
  type BuildChannelInboundEventContextParams,
} from "openclaw/plugin-sdk/channel-inbound";
import { resolveStableChannelMessageIngress } from "openclaw/plugin-sdk/channel-ingress-runtime";
import { upsertChannelPairingRequest } from "openclaw/plugin-sdk/conversation-runtime";

/** Where an agent would be given its turns. */
export interface AgentEar {
  /** Contexts the agent was given, in order. */
  readonly turns: BuildChannelInboundEventContextParams[];
  /** Hears `turn` whenever the agent would have run. */
  readonly news: EventEmitter;
}

/** The host's real routing, access decision, context builder and pairing store; only running the agent is faked. */
export function createChannelRuntime({ news, turns }: AgentEar) {
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
      run: async () => {
        news.emit("turn");
        return { dispatched: true, admission: { kind: "dispatch" } };
      },
    },
    pairing: { upsertPairingRequest: upsertChannelPairingRequest },
  };
}
