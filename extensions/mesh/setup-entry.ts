import { defineSetupPluginEntry } from "openclaw/plugin-sdk/channel-core";
import { meshPluginBase } from "./src/plugin-base.ts";

export default defineSetupPluginEntry(meshPluginBase);
