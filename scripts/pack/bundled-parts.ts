// What is inside a built plugin, as the bundler itself reports it: not what package.json hopes for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

/** Written by `tsup` beside what it builds; not packed. */
export const METAFILE = "metafile-esm.json";

/** One package that has code in the bundle. */
export interface BundledPart {
  readonly name: string;
  readonly version: string;
  /** SPDX id or expression of its package.json. */
  readonly license: string;
  /** Texts of its license and notice files; none for a part of this repository. */
  readonly texts: readonly string[];
  /** Part of this repository, under the plugin's own license. */
  readonly isOurs: boolean;
}

const MetafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({ inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })) }),
  ),
});

const PartPackageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
});

const LICENSE_FILE = /^(licen[cs]e|notice|copying)(\.(md|txt))?$/i;

/**
 * Reads every package with at least one byte in the bundle, sorted by name and version; without the plugin itself.
 *
 * @param extension - Folder of a built extension.
 * @throws Error when a foreign part has no license text: such a bundle must not be given away.
 */
export function readBundledParts(extension: string): BundledPart[] {
  const text = readFileSync(path.join(extension, "dist", METAFILE), "utf8");
  const { outputs } = MetafileSchema.parse(JSON.parse(text));
  const folders = new Set<string>();
  for (const { inputs } of Object.values(outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs))
      if (bytesInOutput > 0) folders.add(findPackageFolder(path.resolve(extension, input)));
  folders.delete(extension);
  return [...folders].map((folder) => readPart(folder)).toSorted(comparePart);
}

/** The nearest folder whose package.json has a name and a version; inner ones often only say `"type": "module"`. */
function findPackageFolder(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (readPackage(folder) !== undefined) return folder;
    if (folder === path.dirname(folder)) throw new Error(`${file} belongs to no package`);
  }
}

function readPackage(folder: string): z.infer<typeof PartPackageSchema> | undefined {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) return undefined;
  return PartPackageSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
}

function readPart(folder: string): BundledPart {
  const { name, version, license } = PartPackageSchema.parse(readPackage(folder));
  const isOurs = !folder.split(path.sep).includes("node_modules");
  const texts = isOurs
    ? []
    : readdirSync(folder)
        .filter((file) => LICENSE_FILE.test(file))
        .toSorted()
        .map((file) => readFileSync(path.join(folder, file), "utf8").trim());
  if (!isOurs && texts.length === 0)
    throw new Error(`${name} ${version}: no license text in its package, so it cannot be bundled`);
  return { name, version, license, texts, isOurs };
}

function comparePart(left: BundledPart, right: BundledPart): number {
  const key = ({ name, version }: BundledPart): string => `${name}@${version}`;
  return key(left) < key(right) ? -1 : 1;
}
