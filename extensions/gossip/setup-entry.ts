import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { gossipPluginBase } from "./src/plugin-base.ts";

export default defineSetupPluginEntry(gossipPluginBase);
