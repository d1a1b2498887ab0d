import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/agent.ts", "src/invite/index.ts"],
  format: ["esm"],
  target: "node24",
  platform: "node",
  dts: true,
  clean: true,
  // "node:sqlite" has no other name.
  removeNodeProtocol: false,
});
