// Writes the API report of each published SDK from its built declarations: `npm run api` after `npm run build`.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const root = fileURLToPath(new URL("../", import.meta.url));

for (const name of ["convos-node-sdk", "gossip-sdk", "mesh-sdk"]) {
  const config = ExtractorConfig.loadFileAndPrepare(
    path.join(root, "packages", name, "api-extractor.json"),
  );
  const result = Extractor.invoke(config, { localBuild: true });
  console.log(`${name}: ${result.apiReportChanged ? "report written" : "unchanged"}`);
}
