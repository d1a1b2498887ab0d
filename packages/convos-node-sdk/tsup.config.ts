import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/agent.ts", "src/invite/index.ts"],
  format: ["esm"],
  target: "node24",
  platform: "node",
  dts: true,
  clean: true,
  // Part of this repository and not published: its code is in the package, and none of its types.
  noExternal: ["sdk-kit"],
  // "node:sqlite" has no other name.
  removeNodeProtocol: false,
});
