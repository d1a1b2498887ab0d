// The entry of the container: writes the configuration that makes OpenClaw find the plugin, once, and becomes OpenClaw.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const MODULES = path.join(import.meta.dirname, "node_modules");
const LAUNCHER = path.join(MODULES, "openclaw", "openclaw.mjs");

const stateDir = process.env["OPENCLAW_STATE_DIR"];
if (stateDir === undefined) throw new Error("OPENCLAW_STATE_DIR is not set; see the Containerfile");
mkdirSync(stateDir, { recursive: true, mode: 0o700 });
const config = {
  gateway: { mode: "local" },
  plugins: {
    load: { paths: [path.join(MODULES, "@openclaw", "convos")] },
    entries: { convos: { enabled: true } },
  },
};
try {
  const file = path.join(stateDir, "openclaw.json");
  // "wx": what is there is the operator's, and stays.
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { flag: "wx", mode: 0o600 });
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

process.argv = [process.execPath, LAUNCHER, ...process.argv.slice(2)];
await import(pathToFileURL(LAUNCHER).href);
