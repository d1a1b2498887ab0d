import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder for the time of one measurement, on the disk that `TMPDIR` names. */
export async function makeBenchFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "mesh-bench-"));
  return {
    path: folder,
    [Symbol.asyncDispose]: async () => rm(folder, { recursive: true, force: true }),
  };
}
