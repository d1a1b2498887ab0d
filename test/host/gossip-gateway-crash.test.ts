import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { CRASH_CASES } from "./support/crash-cases.ts";
import { formatCrashTable, type CrashRow } from "./support/crash-report.ts";
import { runGatewayCrash } from "./support/crash-run.ts";

const REPORT = fileURLToPath(new URL("../../.artifacts/gossip-gateway-crash.txt", import.meta.url));

describe("one SIGKILL of the gateway, with every turn at another point", () => {
  let rows: CrashRow[] = [];

  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "gossip-gateway-crash-"));
    const startedAtMs = Date.now();
    rows = await runGatewayCrash(folder, (line) =>
      console.log(`${((Date.now() - startedAtMs) / 1000).toFixed(1)} s  ${line}`),
    );
    const table = formatCrashTable(rows);
    mkdirSync(path.dirname(REPORT), { recursive: true });
    writeFileSync(REPORT, `${table}\n`);
    console.log(table);
    //rmSync(folder, { recursive: true, force: true });
  }, 400_000);

  it("x", () => {
    expect(rows).toHaveLength(CRASH_CASES.length);
  });
});
