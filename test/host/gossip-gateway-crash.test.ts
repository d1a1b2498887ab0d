import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { CRASH_CASES } from "./support/crash-cases.ts";
import { gossipCrash } from "./support/crash-gossip.ts";
import { formatCrashTable, type CrashRow } from "./support/crash-report.ts";
import { runGatewayCrash } from "./support/crash-run.ts";

const REPORT = fileURLToPath(new URL("../../.artifacts/gossip-gateway-crash.txt", import.meta.url));

/** The host's own word about its restart. */
const RESTART_NOTICE = /^I'm continuing your interrupted request now/;

describe("one SIGKILL of the gateway, with every turn at another point", () => {
  let rows: readonly CrashRow[] = [];

  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "gossip-gateway-crash-"));
    rows = await runGatewayCrash(gossipCrash, folder, (line) => console.log(line));
    const table = formatCrashTable(rows);
    console.log(table);
    mkdirSync(path.dirname(REPORT), { recursive: true });
    writeFileSync(REPORT, table);
    rmSync(folder, { recursive: true, force: true });
  }, 480_000);

  it.each(CRASH_CASES.filter(({ mayLose }) => !mayLose))(
    "answers once and goes on: $point",
    ({ name, modelCalls }) => {
      expect(rows.find((row) => row.name === name)).toMatchObject({
        modelCalls,
        answers: 1,
        laterModelCalls: 1,
        laterAnswers: 1,
      });
    },
  );

  it.each(CRASH_CASES.filter(({ mayLose }) => mayLose))(
    "answers at most once and goes on, in the window that stays open: $point",
    ({ name, modelCalls }) => {
      const row = rows.find((candidate) => candidate.name === name);
      expect(row).toMatchObject({ modelCalls, laterModelCalls: 1, laterAnswers: 1 });
      expect(row?.answers).toBeLessThanOrEqual(1);
    },
  );

  it("says nothing else than that it was restarted, once to a person at most", () => {
    const notices = rows.map((row) => row.notices);
    expect(notices.filter(({ length }) => length > 1)).toEqual([]);
    expect(notices.flat().filter((text) => !RESTART_NOTICE.test(text))).toEqual([]);
  });

  it("gives up no send outside the window that stays open", () => {
    const inWindow = CRASH_CASES.filter(({ mayLose }) => mayLose).map(({ name }) => name);
    const givenUp = rows.filter(({ failedId }) => failedId !== undefined).map(({ name }) => name);
    expect(inWindow).toEqual(expect.arrayContaining(givenUp));
  });
});
