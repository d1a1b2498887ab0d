import { defineConfig } from "tsup";

export default defineConfig({
  // The worker stays a file of its own beside the rest: it is started by its path.
  entry: {
    index: "src/index.ts",
    "user-id": "src/identity/user-id.ts",
    "scan-worker": "src/bulletin/scan-worker.ts",
  },
  format: ["esm"],
  target: "node24",
  platform: "node",
  dts: { entry: { index: "src/index.ts", "user-id": "src/identity/user-id.ts" } },
  clean: true,
  // Part of this repository and not published: its code is in the package, and none of its types.
  noExternal: ["sdk-kit"],
  // "node:sqlite" has no other name.
  removeNodeProtocol: false,
});
