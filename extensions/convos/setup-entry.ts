import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { convosPluginBase } from "./src/plugin-base.ts";

export default defineSetupPluginEntry(convosPluginBase);
