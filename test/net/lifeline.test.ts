import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { pollUntil } from "channel-testing";

const LIFELINE = new URL("preload/lifeline.ts", import.meta.resolve("channel-testing")).href;

/** A process that starts a child with a lifeline, says its pid, and then waits. */
const STARTER = `
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, ["--import=${LIFELINE}", "--eval", "setInterval(() => {}, 1000)"], {
    env: { ...process.env, LIFELINE_FD: "3" },
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    detached: true,
  });
  console.log(child.pid);
  setInterval(() => {}, 1000);
`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("a gateway's process ends when the process that started it is killed", async () => {
  const starter = spawn(process.execPath, ["--input-type=module", "--eval", STARTER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  createInterface({ input: starter.stdout }).once("line", (line) => resolve(Number(line)));
  const childPid = await promise;
  expect(isRunning(childPid)).toBe(true);

  starter.kill("SIGKILL");
  await pollUntil(
    async () => isRunning(childPid),
    (running) => !running,
    15_000,
    "the end of the child",
  );
  expect(isRunning(childPid)).toBe(false);
});
