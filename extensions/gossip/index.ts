import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { gossipPlugin } from "./src/channel.ts";
import { registerGossipCli } from "./src/cli.ts";
import { GOSSIP } from "./src/config-schema.ts";
import { registerOwnerMethods } from "channel-kit";
import { registerOperatorMethods } from "./src/operator-methods.ts";
import { liveAccounts, setGossipRuntime } from "./src/runtime.ts";

export default defineChannelPluginEntry({
  id: "gossip",
  name: "Gossip",
  description: "Gossip channel: end-to-end encrypted direct messages without a phone number.",
  plugin: gossipPlugin,
  setRuntime: setGossipRuntime,
  registerCliMetadata: registerGossipCli,
  registerFull: (api) => {
    registerOwnerMethods({ api, names: GOSSIP, accounts: liveAccounts });
    registerOperatorMethods(api);
  },
});
