import { defineConfig } from "vitest/config";

// No test reaches beyond this machine: a connection to any other address fails.
const setupFiles = ["./packages/channel-testing/src/preload/loopback-guard.ts"];

// What is awaited may take its time on a busy machine; the default of a second is for pure code.
const expectPatiently = { poll: { timeout: 20_000 } };

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line-reporter.ts"],
    projects: [
      {
        // Pure code and files; no sockets, no processes. The files of a worker share their modules: loading the host's SDK
        // for each of them took two thirds of the time.
        test: {
          name: "unit",
          isolate: false,
          setupFiles,
          expect: expectPatiently,
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
        test: {
          name: "repo",
          setupFiles,
          include: ["test/repo/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Sockets on 127.0.0.1 and child processes.
        test: {
          name: "net",
          setupFiles,
          expect: expectPatiently,
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
          setupFiles,
          expect: expectPatiently,
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
