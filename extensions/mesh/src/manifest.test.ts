import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createManifest } from "./manifest.ts";

describe("openclaw.plugin.json", () => {
  it("is what the schema says (after a change: pnpm --filter @openclaw/mesh run manifest)", () => {
    const text = readFileSync(new URL("../openclaw.plugin.json", import.meta.url), "utf8");
    expect(JSON.parse(text)).toEqual(createManifest());
  });

  it("marks the phrase as a secret", () => {
    expect(createManifest()).toMatchObject({
      channelConfigs: { mesh: { uiHints: { mnemonic: { sensitive: true } } } },
    });
  });
});
