import { defineChannelPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { meshPlugin } from "./src/channel.ts";
import { registerMeshCli } from "./src/cli.ts";
import { MESH } from "./src/config-schema.ts";
import { registerOwnerMethods } from "channel-kit";
import { registerOperatorMethods } from "./src/operator-methods.ts";
import { liveAccounts, setMeshRuntime } from "./src/runtime.ts";

export default defineChannelPluginEntry({
  id: "mesh",
  name: "Mesh",
  description:
    "Mesh channel: group channels and encrypted direct messages between bots, peer to peer.",
  plugin: meshPlugin,
  setRuntime: setMeshRuntime,
  registerCliMetadata: registerMeshCli,
  registerFull: (api) => {
    registerOwnerMethods({ api, names: MESH, accounts: liveAccounts });
    registerOperatorMethods(api);
  },
});
