/** How often the event loop is looked at. */
const INTERVAL_MS = 2;

/** The longest time the event loop of this thread stood still. */
export interface LongestBlock {
  /** As others see it: disk, and other processes on the same cores, included. */
  readonly wallMs: number;
  /** CPU time of this thread in its longest turn: what the code alone is to blame for, on a busy machine too. */
  readonly cpuMs: number;
}

/** Watches the event loop from now on. @returns How to end that. */
export function watchBlocks(): () => LongestBlock {
  let [wallMs, cpuMs] = [0, 0];
  let last = { atMs: performance.now(), cpu: process.threadCpuUsage() };
  const timer = setInterval(() => {
    const atMs = performance.now();
    const { user, system } = process.threadCpuUsage(last.cpu);
    wallMs = Math.max(wallMs, atMs - last.atMs - INTERVAL_MS);
    cpuMs = Math.max(cpuMs, (user + system) / 1000);
    last = { atMs, cpu: process.threadCpuUsage() };
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return { wallMs, cpuMs };
  };
}
