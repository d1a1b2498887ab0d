import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { readJson } from "../support/read-json.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** One file per boundary that breaks it, and one that stays inside. */
const CASES = [
  { file: "packages/gossip-sdk/src/a.ts", imports: "openclaw/plugin-sdk/core", allowed: false },
  { file: "packages/gossip-sdk/src/b.ts", imports: "openclaw", allowed: false },
  { file: "packages/gossip-sdk/src/c.ts", imports: "channel-access", allowed: false },
  { file: "packages/gossip-sdk/src/d.ts", imports: "sdk-kit", allowed: true },
  { file: "packages/gossip-sdk/src/e.ts", imports: "sdk-kit/src/alarm.ts", allowed: false },
  { file: "packages/sdk-kit/src/a.ts", imports: "openclaw/plugin-sdk/core", allowed: false },
  { file: "packages/sdk-kit/src/b.ts", imports: "gossip-sdk", allowed: false },
  { file: "packages/sdk-kit/src/c.ts", imports: "channel-kit", allowed: false },
  { file: "packages/gossip-relay/src/a.ts", imports: "openclaw/plugin-sdk/core", allowed: false },
  { file: "packages/gossip-relay/src/b.ts", imports: "gossip-sdk/src/errors.ts", allowed: false },
  { file: "packages/gossip-relay/src/c.ts", imports: "gossip-sdk", allowed: true },
  { file: "packages/mesh-peer/src/a.ts", imports: "openclaw/plugin-sdk/core", allowed: false },
  { file: "packages/mesh-peer/src/b.ts", imports: "mesh-sdk/src/errors.ts", allowed: false },
  { file: "packages/mesh-peer/src/c.ts", imports: "mesh-sdk", allowed: true },
  { file: "packages/channel-access/src/a.ts", imports: "gossip-sdk", allowed: false },
  { file: "packages/channel-access/src/b.ts", imports: "@openclaw/gossip", allowed: false },
  { file: "packages/channel-access/src/c.ts", imports: "openclaw/plugin-sdk/core", allowed: true },
  { file: "packages/channel-kit/src/a.ts", imports: "gossip-sdk", allowed: false },
  { file: "packages/channel-kit/src/b.ts", imports: "@openclaw/gossip", allowed: false },
  { file: "packages/channel-kit/src/c.ts", imports: "channel-durability", allowed: true },
  { file: "extensions/convos/src/a.ts", imports: "@openclaw/gossip", allowed: false },
  { file: "extensions/convos/src/b.ts", imports: "../../gossip/src/gate.ts", allowed: false },
  { file: "extensions/convos/src/c.ts", imports: "gossip-sdk/src/errors.ts", allowed: false },
  { file: "extensions/convos/src/e.ts", imports: "channel-kit/src/lock.ts", allowed: false },
  { file: "extensions/convos/src/d.ts", imports: "openclaw/plugin-sdk/core", allowed: true },
] as const;

/** Two files that import each other. */
const CYCLE = ["packages/gossip-sdk/src/left.ts", "packages/gossip-sdk/src/right.ts"] as const;

const LintReportSchema = z.object({
  diagnostics: z.array(z.object({ filename: z.string(), code: z.string() })),
});

describe("import boundaries", () => {
  let folder = "";
  let report: z.infer<typeof LintReportSchema>["diagnostics"] = [];

  beforeAll(() => {
    // Outside the checkout: oxlint skips what git ignores.
    folder = mkdtempSync(path.join(tmpdir(), "boundaries-"));
    for (const { file, imports } of CASES) {
      const target = path.join(folder, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, `import * as other from "${imports}";\nexport default other;\n`);
    }
    writeFileSync(
      path.join(folder, CYCLE[0]),
      `import { right } from "./right.ts";\nexport const left = (): unknown => right;\n`,
    );
    writeFileSync(
      path.join(folder, CYCLE[1]),
      `import { left } from "./left.ts";\nexport const right = (): unknown => left;\n`,
    );
    // The copies have no types to check, and lie in a folder that the real configuration ignores.
    const config = {
      ...readJson(path.join(root, ".oxlintrc.json"), z.looseObject({})),
      options: {},
      ignorePatterns: [],
    };
    writeFileSync(path.join(folder, ".oxlintrc.json"), JSON.stringify(config));
    cpSync(path.join(root, "package.json"), path.join(folder, "package.json"));
    const oxlint = path.join(root, "node_modules", ".bin", "oxlint");
    const run = spawnSync(oxlint, ["--format=json", "-c", ".oxlintrc.json", "."], {
      cwd: folder,
      encoding: "utf8",
    });
    report = LintReportSchema.parse(JSON.parse(run.stdout)).diagnostics;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(CASES)("$file importing $imports is allowed: $allowed", ({ file, allowed }) => {
    const hits = report.filter(
      (entry) => entry.filename.endsWith(file) && entry.code.includes("no-restricted-imports"),
    );
    expect(hits.length).toBe(allowed ? 0 : 1);
  });

  it("refuses an import cycle", () => {
    const hits = report.filter((entry) => entry.code.includes("no-cycle"));
    expect(hits.map((entry) => path.basename(entry.filename)).toSorted()).toEqual([
      "left.ts",
      "right.ts",
    ]);
  });
});
