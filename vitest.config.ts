import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line-reporter.ts"],
    projects: [
      {
        // Pure code and files; no sockets, no processes.
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "extensions/*/src/**/*.test.ts",
            "bench/**/*.test.ts",
          ],
          testTimeout: 30_000,
        },
      },
      {
        // The repository itself: room plan, boundaries, docs.
        test: { name: "repo", include: ["test/repo/**/*.test.ts"], testTimeout: 120_000 },
      },
      {
        // Sockets on 127.0.0.1 and child processes.
        test: {
          name: "net",
          include: ["test/net/**/*.test.ts"],
          pool: "forks",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Real OpenClaw processes: heavy, one at a time.
        test: {
          name: "host",
          include: ["test/host/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
