import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", "peer-id": "src/identity/peer-id.ts" },
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
