/**
 * `npm run pack:plugins`: builds every extension and packs it into `.artifacts/plugins`, under its own and under its
 * bare name, and writes the catalog that names them. The last line says how many packages there are.
 *
 * `--check` writes nothing and fails when the committed catalog is of another build.
 * `--twice` clones the last commit into two new folders, packs in both, and fails when one byte differs.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packExtension } from "./pack/plugin-package.ts";
import type { PackedPlugin } from "./pack/plugin-package.ts";
import { renderCatalog } from "./pack/plugin-catalog.ts";
import { packTwice } from "./pack/pack-twice.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const EXTENSIONS = ["gossip", "convos", "mesh"];
const OUTPUT = path.join(ROOT, ".artifacts", "plugins");
const CATALOG = path.join(ROOT, "plugin-catalog.json");

const { values } = parseArgs({
  options: { check: { type: "boolean" }, twice: { type: "boolean" } },
});
process.exitCode = values.twice === true ? packTwice(ROOT, OUTPUT) : pack(values.check === true);

/** @returns The exit code. */
function pack(isCheck: boolean): number {
  const sets = EXTENSIONS.map((id) => packExtension(ROOT, id));
  // One entry for each channel: its bare name is the same plugin, and the list would show it twice.
  const catalog = renderCatalog(sets.flatMap(([first]) => (first === undefined ? [] : [first])));
  for (const plugin of sets.flat()) console.log(describe(plugin));
  if (isCheck) {
    if (readFileSync(CATALOG, "utf8") === catalog) return 0;
    console.error("pack: plugin-catalog.json is of another build; next: npm run pack:plugins");
    return 1;
  }
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  for (const { fileName, tarball } of sets.flat())
    writeFileSync(path.join(OUTPUT, fileName), tarball);
  writeFileSync(CATALOG, catalog);
  console.log(`pack: ${sets.flat().length} packages in ${path.relative(ROOT, OUTPUT)}`);
  return 0;
}

function describe({ name, version, tarball, unpackedBytes, integrity }: PackedPlugin): string {
  return `${name}@${version}: ${tarball.length} bytes, unpacked ${unpackedBytes}, ${integrity}`;
}
