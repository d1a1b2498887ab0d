import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { registerOwnerMethods } from "channel-kit";
import { convosPlugin } from "./src/channel.ts";
import { registerConvosCli } from "./src/cli.ts";
import { CONVOS } from "./src/config-schema.ts";
import { registerOperatorMethods } from "./src/operator-methods.ts";
import { liveAccounts, setConvosRuntime } from "./src/runtime.ts";

export default defineChannelPluginEntry({
  id: "convos",
  name: "Convos",
  description: "Convos channel: end-to-end encrypted conversations over XMTP, joined by an invite.",
  plugin: convosPlugin,
  setRuntime: setConvosRuntime,
  registerCliMetadata: registerConvosCli,
  registerFull: (api) => {
    registerOwnerMethods({ api, names: CONVOS, accounts: liveAccounts });
    registerOperatorMethods(api);
  },
});
