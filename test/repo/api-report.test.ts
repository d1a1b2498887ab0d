import path from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe.each(["convos-node-sdk", "gossip-sdk", "mesh-sdk"])("public API of %s", (name) => {
  it("equals the committed report (after a wanted change: npm run build, then npm run api)", () => {
    const config = ExtractorConfig.loadFileAndPrepare(
      path.join(root, "packages", name, "api-extractor.json"),
    );
    const messages: string[] = [];
    const result = Extractor.invoke(config, {
      localBuild: false,
      messageCallback: (message) => {
        message.handled = true;
        if (
          message.logLevel === ExtractorLogLevel.Error ||
          message.logLevel === ExtractorLogLevel.Warning
        ) {
          messages.push(message.text);
        }
      },
    });
    expect(messages).toEqual([]);
    expect(result.apiReportChanged).toBe(false);
  });
});
