import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { createPluginRuntimeStore } from "openclaw/plugin-sdk/runtime-store";
import type { Outbox } from "channel-durability";
import { createLiveAccounts, type LiveAccountBasis } from "channel-kit";
import type { GossipFigures } from "./figures.ts";
import type { GossipMessageBody } from "./message-body.ts";

const store = createPluginRuntimeStore<PluginRuntime>({
  pluginId: "gossip",
  errorMessage: "gossip: the plugin runtime is not set; load the plugin through OpenClaw",
});

export const setGossipRuntime = store.setRuntime;
export const getGossipRuntime = store.getRuntime;

/** What a running account offers to the parts of the plugin that the host calls from outside. */
export interface LiveAccount extends LiveAccountBasis {
  readonly outbox: Outbox<GossipMessageBody>;
  /** Whether a message of ours with this id is in the conversation with this person. */
  isOurs(userId: string, messageId: string): boolean;
  /** Whether this person wrote a message with this id; both are known for a month. */
  isTheirs(userId: string, messageId: string): boolean;
  /** Takes back a message of ours of which nothing has left. @returns False when it is unknown or on its way. */
  takeBack(to: string, messageId: string): boolean;
  /** Ends the conversation with somebody who lost access. @returns Whether there was anything. */
  forgetPerson(userId: string): Promise<boolean>;
  figures(): GossipFigures | undefined;
}

export const liveAccounts = createLiveAccounts<LiveAccount>();
export const registerLiveAccount = liveAccounts.register;
export const findLiveAccount = liveAccounts.find;
