// Writes openclaw.plugin.json from the configuration schema.
import { writeFileSync } from "node:fs";
import { createManifest } from "../src/manifest.ts";

const file = new URL("../openclaw.plugin.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(createManifest(), undefined, 2)}\n`);
