// The proof that a package comes from its source and nothing else.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/**
 * Packs the last commit in two new clones and compares all files.
 *
 * @param root - The repository.
 * @param output - Where a pack puts its files; the clones have the same path below themselves.
 * @returns The exit code: 0 when every byte is the same.
 */
export function packTwice(root: string, output: string): number {
  const folder = mkdtempSync(path.join(tmpdir(), "pack-twice-"));
  try {
    // Paths of different length: one that gets into a file changes its size.
    const [first = new Map(), second = new Map()] = ["one", "another-clone"].map((name) => {
      const clone = path.join(folder, name);
      run("git", ["clone", "--quiet", "--no-hardlinks", root, clone], folder);
      run(process.execPath, [path.join("scripts", "bootstrap.mjs"), "do:pack"], clone);
      return readFiles(path.join(clone, path.relative(root, output)));
    });
    const names = [...new Set([...first.keys(), ...second.keys()])];
    const different = names.filter((name) => first.get(name) !== second.get(name));
    for (const name of different) console.error(`pack: ${name} differs between two clones`);
    console.log(`pack: ${names.length} files from two clean clones, ${different.length} different`);
    return names.length > 0 && different.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every file as text that keeps each byte. */
function readFiles(folder: string): Map<string, string> {
  const names = readdirSync(folder);
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name), "latin1")]));
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args[0]}: exit code ${status}`);
}
