import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { createPluginRuntimeStore } from "openclaw/plugin-sdk/runtime-store";
import type { Outbox } from "channel-durability";
import { createLiveAccounts, type LiveAccountBasis } from "channel-kit";
import type { ConvosFigures } from "./figures.ts";
import type { ConvosMessageBody } from "./message-body.ts";
import type { OperatedAccount } from "./operations.ts";

const store = createPluginRuntimeStore<PluginRuntime>({
  pluginId: "convos",
  errorMessage: "convos: the plugin runtime is not set; load the plugin through OpenClaw",
});

export const setConvosRuntime = store.setRuntime;
export const getConvosRuntime = store.getRuntime;

/** A conversation as the operator may name it. */
interface NamedConversation {
  readonly id: string;
  /** As its members named it: for eyes, never as a target. */
  readonly name: string | undefined;
  readonly memberCount: number;
}

/** What a running account offers to the parts of the plugin that the host calls from outside. */
export interface LiveAccount extends LiveAccountBasis {
  readonly outbox: Outbox<ConvosMessageBody>;
  conversations(): NamedConversation[];
  /** Whether a message in a conversation is one of ours. */
  isOurs(conversationId: string, messageId: string): boolean;
  /** Whether somebody else sent it, within the last day at least. */
  isTheirs(conversationId: string, messageId: string): boolean;
  /** Who wrote the message that a turn of this run is known by. */
  askerOf(messageId: string): string | undefined;
  /** What an operator can have done. */
  readonly operated: OperatedAccount;
  figures(): ConvosFigures | undefined;
}

export const liveAccounts = createLiveAccounts<LiveAccount>();
export const registerLiveAccount = liveAccounts.register;
export const findLiveAccount = liveAccounts.find;
