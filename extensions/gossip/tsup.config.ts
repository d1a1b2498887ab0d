import { defineConfig } from "tsup";
import { describePluginBuild } from "../../scripts/plugin-build.ts";

export default defineConfig(describePluginBuild({ entries: { "scan-worker": "scan-worker.ts" } }));
