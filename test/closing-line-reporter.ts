import path from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { formatCounts, formatFailure } from "../scripts/test/counts.ts";

/**
 * Ends a run with a line for each failure and `tests: N passed, N failed, N skipped`: plain lines that CI systems can read,
 * at the end, where nobody has to look for them.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const failures = unhandledErrors.map((error) => formatFailure("unhandled error", error));
    for (const module of modules) {
      const file = path.relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) {
        counts.failed += 1;
        failures.push(formatFailure(file, module.errors()[0]));
      }
      // What is done before or after the tests of a suite can fail as well; its tests are skipped then.
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length === 0) continue;
        counts.failed += 1;
        failures.push(formatFailure(`${file} > ${suite.fullName}`, suite.errors()[0]));
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state !== "pending") counts[state] += 1;
        if (state === "failed")
          failures.push(formatFailure(`${file} > ${test.fullName}`, errors[0]));
      }
    }
    for (const failure of failures) console.log(failure);
    console.log(formatCounts(counts));
  }
}
