import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { bundleCrashPlugin } from "../host/support/crash-bundle.ts";
import { convosCrash } from "../host/support/crash-convos.ts";
import { gossipCrash } from "../host/support/crash-gossip.ts";
import { meshCrash } from "../host/support/crash-mesh.ts";

it.each([gossipCrash, convosCrash, meshCrash])(
  "the plugin of $id that a fault run kills can be built, from the folder of the repository",
  async ({ id, plugin }) => {
    const folder = mkdtempSync(path.join(tmpdir(), "crash-bundle-"));
    await bundleCrashPlugin(path.join(folder, "plugin"), { ...plugin, channel: id });
    const built = readdirSync(path.join(folder, "plugin", "dist"));
    rmSync(folder, { recursive: true });
    expect(built).toEqual(
      expect.arrayContaining(["index.js", "secret-contract-api.js", "setup-entry.js"]),
    );
  },
);
