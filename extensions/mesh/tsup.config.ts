import { defineConfig } from "tsup";
import { describePluginBuild } from "../../scripts/plugin-build.ts";

export default defineConfig(
  describePluginBuild({
    // No native helper of ws is looked for in the folders above the plugin.
    define: {
      "process.env.WS_NO_BUFFER_UTIL": '"1"',
      "process.env.WS_NO_UTF_8_VALIDATE": '"1"',
    },
  }),
);
