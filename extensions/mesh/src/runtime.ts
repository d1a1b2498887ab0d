import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { createPluginRuntimeStore } from "openclaw/plugin-sdk/runtime-store";
import type { Outbox } from "channel-durability";
import { createLiveAccounts, type LiveAccountBasis } from "channel-kit";
import type { PeerSummary } from "mesh-sdk";
import type { MeshFigures } from "./figures.ts";
import type { MeshMessageBody } from "./message-body.ts";

const store = createPluginRuntimeStore<PluginRuntime>({
  pluginId: "mesh",
  errorMessage: "mesh: the plugin runtime is not set; load the plugin through OpenClaw",
});

export const setMeshRuntime = store.setRuntime;
export const getMeshRuntime = store.getRuntime;

/** What a running account offers to the parts of the plugin that the host calls from outside. */
export interface LiveAccount extends LiveAccountBasis {
  readonly outbox: Outbox<MeshMessageBody>;
  /** Whether a message in a conversation is one of our newest. */
  isOurs(to: string, messageId: string): boolean;
  /** Whether a turn of this run was about that message. */
  isTheirs(to: string, messageId: string): boolean;
  /** Who wrote the message that a turn of this run is known by. */
  askerOf(messageId: string): string | undefined;
  /** The peers that we are connected with now. */
  neighbors(): readonly PeerSummary[];
  figures(): MeshFigures | undefined;
}

export const liveAccounts = createLiveAccounts<LiveAccount>();
export const registerLiveAccount = liveAccounts.register;
export const findLiveAccount = liveAccounts.find;
