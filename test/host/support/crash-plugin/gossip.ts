// The Gossip plugin as it ships, except that the test decides how far each turn comes. crash-bundle.ts bundles it, and
// the real gateway loads it under the plugin's own name.
import { requireChannelRuntime } from "channel-access";
import type { TurnRuntime } from "channel-durability";
import { defineChannelPluginEntry, type ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedGossipAccount } from "../../../../extensions/gossip/src/accounts.ts";
import { gossipPlugin } from "../../../../extensions/gossip/src/channel.ts";
import { startGossipAccount } from "../../../../extensions/gossip/src/gateway.ts";
import { getGossipRuntime, setGossipRuntime } from "../../../../extensions/gossip/src/runtime.ts";
import { tryParseGossipId } from "../../../../extensions/gossip/src/targets.ts";
import { CONTROL_VARIABLE, type Reach } from "./checkpoints.ts";

type MessageAdapter = NonNullable<ChannelPlugin<ResolvedGossipAccount>["message"]>;
type TurnRun = TurnRuntime["inbound"]["run"];

const POLLING = {
  liveMs: 300,
  idleMs: 300,
  idleMaxMs: 500,
  bulletinMs: 300,
  tickMs: 500,
  repostMs: 500,
} as const;

const controlUrl = process.env[CONTROL_VARIABLE] ?? "";

const reach: Reach = async (checkpoint, userId) => {
  await fetch(`${controlUrl}/${checkpoint}/${userId}`, { method: "POST" });
};

/** Whose message an entry of the outbox is; the outbox itself names only the host's queue id and the part. */
const peerOfEntry = new Map<string, string>();

function entryKey(queueId: string, partIndex = 0): string {
  return `${queueId}/${partIndex}`;
}

async function reachOfTarget(checkpoint: "told" | "settled", to: string): Promise<void> {
  const peer = tryParseGossipId(to);
  if (peer !== undefined) await reach(checkpoint, peer);
}

function stopInSends(adapter: MessageAdapter): MessageAdapter {
  return {
    ...adapter,
    send: {
      ...adapter.send,
      text: async (context) => {
        const peer = tryParseGossipId(context.to);
        if (context.deliveryQueueId !== undefined && peer !== undefined) {
          peerOfEntry.set(entryKey(context.deliveryQueueId, context.deliveryPartIndex), peer);
        }
        const send = adapter.send?.text;
        if (send === undefined) throw new Error("crash plugin: nothing sends text");
        return await send(context);
      },
      lifecycle: {
        ...adapter.send?.lifecycle,
        afterSendSuccess: ({ to }) => reachOfTarget("told", to),
        afterCommit: ({ to }) => reachOfTarget("settled", to),
      },
    },
  };
}

/** The host's runtime, stopped where it takes a turn and where it says that the turn is its own. */
function stopInTurns<T extends TurnRuntime>(runtime: T): T {
  const { inbound } = runtime;
  const senders = new Map<string, string>();
  const run: TurnRun = async (params) => {
    const sender = senders.get(params.raw.id);
    if (sender === undefined) throw new Error("crash plugin: a turn without a sender");
    await reach("claimed", sender);
    return await inbound.run({
      ...params,
      adapter: {
        ...params.adapter,
        resolveTurn: async (...input) => {
          const turn = await params.adapter.resolveTurn(...input);
          const replyOptions = "replyOptions" in turn ? turn.replyOptions : undefined;
          const adoption = replyOptions?.turnAdoptionLifecycle;
          if (adoption === undefined) throw new Error("crash plugin: a turn without a lifecycle");
          const turnAdoptionLifecycle = {
            ...adoption,
            onAdopted: async () => {
              await reach("adopted", sender);
              await adoption.onAdopted();
              await reach("tombstone", sender);
            },
          };
          return { ...turn, replyOptions: { ...replyOptions, turnAdoptionLifecycle } };
        },
      },
    });
  };
  const buildContext: TurnRuntime["inbound"]["buildContext"] = (params) => {
    const { messageId, sender } = params;
    if (messageId !== undefined && sender.id !== undefined) senders.set(messageId, sender.id);
    return inbound.buildContext(params);
  };
  return { ...runtime, inbound: { ...inbound, buildContext, run } };
}

const crashPlugin: typeof gossipPlugin = {
  ...gossipPlugin,
  ...(gossipPlugin.message === undefined ? {} : { message: stopInSends(gossipPlugin.message) }),
  gateway: {
    ...gossipPlugin.gateway,
    startAccount: (context) =>
      startGossipAccount(
        {
          ...context,
          channelRuntime: stopInTurns(requireChannelRuntime(context.channelRuntime)),
        },
        () => {
          const { state, system } = getGossipRuntime();
          return {
            stateDir: state.resolveStateDir(process.env),
            system,
            polling: POLLING,
            checkpoints: {
              receive: async (step, facts) => {
                if (facts.kind === "message") await reach(step, facts.peer);
              },
              outbox: async (step, key) => {
                const peer = peerOfEntry.get(key);
                if (peer !== undefined) await reach(step, peer);
              },
            },
          };
        },
      ),
  },
};

export default defineChannelPluginEntry({
  id: "gossip",
  name: "Gossip",
  description: "The Gossip channel under a crash test.",
  plugin: crashPlugin,
  setRuntime: setGossipRuntime,
});
