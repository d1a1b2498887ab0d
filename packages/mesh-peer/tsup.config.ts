import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts", "src/cli.ts"],
  format: ["esm"],
  target: "node24",
  platform: "node",
  dts: true,
  clean: true,
  // "node:sqlite" has no other name.
  removeNodeProtocol: false,
});
