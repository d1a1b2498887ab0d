// Where a turn stands still in a channel plugin, whichever it is: on its way into the host, and in the sends.
import type { TurnRuntime } from "channel-durability";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { CONTROL_VARIABLE, type OutboxCheckpoint, type Reach } from "./checkpoints.ts";

type MessageAdapter = NonNullable<ChannelPlugin["message"]>;
type TurnRun = TurnRuntime["inbound"]["run"];

const controlUrl = process.env[CONTROL_VARIABLE] ?? "";

export const reach: Reach = async (checkpoint, conversation) => {
  await fetch(`${controlUrl}/${checkpoint}/${conversation}`, { method: "POST" });
};

/** The host's runtime, stopped where it takes a turn and where it says that the turn is its own. */
export function stopInTurns<T extends TurnRuntime>(runtime: T): T {
  const { inbound } = runtime;
  const conversations = new Map<string, string>();
  const run: TurnRun = async (params) => {
    const conversation = conversations.get(params.raw.id);
    if (conversation === undefined) throw new Error("crash plugin: a turn without a conversation");
    await reach("claimed", conversation);
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
              await reach("adopted", conversation);
              await adoption.onAdopted();
              await reach("tombstone", conversation);
            },
          };
          return { ...turn, replyOptions: { ...replyOptions, turnAdoptionLifecycle } };
        },
      },
    });
  };
  const buildContext: TurnRuntime["inbound"]["buildContext"] = (params) => {
    const { conversation, messageId } = params;
    if (messageId !== undefined) conversations.set(messageId, conversation.id);
    return inbound.buildContext(params);
  };
  return { ...runtime, inbound: { ...inbound, buildContext, run } };
}

interface SendStops {
  /** The adapter, stopped where the host hears what became of a send. */
  readonly adapter: MessageAdapter;
  /** For the outbox of the account. */
  readonly atOutbox: (step: OutboxCheckpoint, entryKey: string) => Promise<void>;
}

/**
 * Stops sends. The outbox names only the host's queue id and the part; whose message that is, the adapter sees.
 *
 * @param conversationOf - The conversation in a target of the host.
 */
export function stopInSends(
  adapter: MessageAdapter | undefined,
  conversationOf: (target: string) => string | undefined,
): SendStops {
  const conversations = new Map<string, string>();
  const reachOf = async (checkpoint: "told" | "settled", target: string): Promise<void> => {
    const conversation = conversationOf(target);
    if (conversation !== undefined) await reach(checkpoint, conversation);
  };
  return {
    adapter: {
      ...adapter,
      send: {
        ...adapter?.send,
        text: async (context) => {
          const conversation = conversationOf(context.to);
          const { deliveryPartIndex = 0, deliveryQueueId } = context;
          if (deliveryQueueId !== undefined && conversation !== undefined) {
            conversations.set(`${deliveryQueueId}/${deliveryPartIndex}`, conversation);
          }
          const send = adapter?.send?.text;
          if (send === undefined) throw new Error("crash plugin: nothing sends text");
          return await send(context);
        },
        lifecycle: {
          ...adapter?.send?.lifecycle,
          afterSendSuccess: ({ to }) => reachOf("told", to),
          afterCommit: ({ to }) => reachOf("settled", to),
        },
      },
    },
    atOutbox: async (step, entryKey) => {
      const conversation = conversations.get(entryKey);
      if (conversation !== undefined) await reach(step, conversation);
    },
  };
}
