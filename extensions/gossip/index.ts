import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { gossipPlugin } from "./src/channel.ts";
import { registerGossipCli } from "./src/cli.ts";
import { registerOperatorMethods } from "./src/operator-methods.ts";
import { registerOwnerMethods } from "./src/owner-methods.ts";
import { setGossipRuntime } from "./src/runtime.ts";

export default defineChannelPluginEntry({
  id: "gossip",
  name: "Gossip",
  description: "Gossip channel: end-to-end encrypted direct messages without a phone number.",
  plugin: gossipPlugin,
  setRuntime: setGossipRuntime,
  registerCliMetadata: registerGossipCli,
  registerFull: (api) => {
    registerOwnerMethods(api);
    registerOperatorMethods(api);
  },
});
