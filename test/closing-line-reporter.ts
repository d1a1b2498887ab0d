import type { Reporter, TestModule } from "vitest/node";
import { formatCounts } from "../scripts/test/counts.ts";

/** Ends a run with `tests: N passed, N failed, N skipped`, one plain line that CI systems can read. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") counts[state] += 1;
      }
    }
    console.log(formatCounts(counts));
  }
}
