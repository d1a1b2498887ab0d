import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface RunFolder extends Disposable {
  readonly root: string;
  /** Home of the host in this run; empty at first. */
  readonly home: string;
  /** Databases of relay and person in this run; empty at first. */
  readonly data: string;
  /** Kept between runs: what linking the plugin left in an otherwise new home. */
  readonly linked: string;
}

/** Takes the folder for this run alone, empties what earlier runs left, and gives it back at the end. */
export function openRunFolder(root: string): RunFolder {
  const absolute = path.resolve(root);
  mkdirSync(absolute, { recursive: true, mode: 0o700 });
  const lockFile = path.join(absolute, "running.pid");
  takeLock(lockFile);
  const folder = {
    root: absolute,
    home: path.join(absolute, "home"),
    data: path.join(absolute, "data"),
    linked: path.join(absolute, "linked"),
  };
  for (const name of [folder.home, folder.data]) {
    rmSync(name, { recursive: true, force: true });
    mkdirSync(name, { mode: 0o700 });
  }
  return { ...folder, [Symbol.dispose]: () => rmSync(lockFile, { force: true }) };
}

function takeLock(lockFile: string): void {
  const other = readPid(lockFile);
  if (other !== undefined && other !== process.pid && isRunning(other))
    throw new Error(
      `another npm start is at work here (process ${other}); end it, or use --folder`,
    );
  writeFileSync(lockFile, String(process.pid), { mode: 0o600 });
}

function readPid(lockFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockFile, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
