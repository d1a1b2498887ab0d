import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const EXTENSION = fileURLToPath(new URL("../../../extensions/gossip", import.meta.url));
const SCAN_WORKER = fileURLToPath(
  new URL("../../../packages/gossip-sdk/src/bulletin/scan-worker.ts", import.meta.url),
);
const ENTRY = fileURLToPath(new URL("./crash-plugin/index.ts", import.meta.url));

/**
 * Makes a plugin folder for `plugins.load.paths`: the Gossip plugin's own manifest, package and build, with the entry
 * of the crash plugin.
 */
export async function bundleCrashPlugin(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "openclaw.plugin.json"]) {
    copyFileSync(path.join(EXTENSION, name), path.join(folder, name));
  }
  await build({
    config: path.join(EXTENSION, "tsup.config.ts"),
    entry: {
      index: ENTRY,
      "setup-entry": path.join(EXTENSION, "setup-entry.ts"),
      "secret-contract-api": path.join(EXTENSION, "secret-contract-api.ts"),
      "scan-worker": SCAN_WORKER,
    },
    outDir: path.join(folder, "dist"),
    silent: true,
  });
}
