// From a built extension to the packages that people install.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { METAFILE, readBundledParts } from "./bundled-parts.ts";
import { renderBillOfMaterials, renderNotices } from "./describe-parts.ts";
import { computeIntegrity, createTarball } from "./tarball.ts";
import type { PackedFile } from "./tarball.ts";

/** One installable package. */
export interface PackedPlugin {
  readonly name: string;
  readonly version: string;
  readonly fileName: string;
  readonly tarball: Uint8Array;
  /** `sha512-…` over the tarball. */
  readonly integrity: string;
  readonly unpackedBytes: number;
  readonly files: readonly PackedFile[];
  /** package.json as it is packed. */
  readonly manifest: PluginManifest;
}

const PluginManifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
  openclaw: z.looseObject({
    channel: z.looseObject({ id: z.string() }),
    install: z.looseObject({ npmSpec: z.string() }),
  }),
});
type PluginManifest = z.infer<typeof PluginManifestSchema>;

/** What only the repository needs. Where nothing native is needed, an install asks the registry for nothing else. */
const REPOSITORY_FIELDS = new Set(["scripts", "devDependencies"]);

/**
 * Packs one built extension under its own name and under its bare name, so that both
 * `openclaw plugins install @openclaw/gossip` and `openclaw plugins install gossip` find it.
 *
 * @param root - The repository.
 * @param id - Name of the folder in `extensions/`, and of the channel.
 */
export function packExtension(root: string, id: string): PackedPlugin[] {
  const extension = path.join(root, "extensions", id);
  const manifest = PluginManifestSchema.parse(
    JSON.parse(readFileSync(path.join(extension, "package.json"), "utf8")),
  );
  const license = readFileSync(path.join(root, "LICENSE"));
  const parts = readBundledParts(extension);
  return [manifest.name, id].map((name) => {
    const packed = createPackedManifest(root, manifest, name);
    const files = [
      ...readPackedFiles(extension),
      { path: "LICENSE", bytes: license },
      textFile("THIRD-PARTY-NOTICES", renderNotices(name, parts)),
      textFile("sbom.cdx.json", renderBillOfMaterials(packed, parts)),
      textFile("package.json", `${JSON.stringify(packed, undefined, 2)}\n`),
    ];
    const tarball = createTarball(files);
    return {
      name,
      version: packed.version,
      fileName: `${name.replace("@", "").replace("/", "-")}-${packed.version}.tgz`,
      tarball,
      integrity: computeIntegrity(tarball),
      unpackedBytes: files.reduce((total, { bytes }) => total + bytes.length, 0),
      files,
      manifest: packed,
    };
  });
}

function createPackedManifest(
  root: string,
  manifest: PluginManifest,
  name: string,
): PluginManifest {
  const kept = Object.entries(manifest).filter(([key]) => !REPOSITORY_FIELDS.has(key));
  const install = { ...manifest.openclaw.install, npmSpec: name };
  const openclaw = { ...manifest.openclaw, install };
  // OpenClaw refuses a plugin whose required parts are missing. Of the native one the plugin itself says how to get it.
  const native = Object.keys(manifest.optionalDependencies ?? {});
  return PluginManifestSchema.parse({
    ...Object.fromEntries(kept),
    name,
    ...(native.length === 0
      ? {}
      : {
          optionalDependencies: Object.fromEntries(
            native.map((part) => [part, readVersion(root, part)]),
          ),
        }),
    openclaw,
  });
}

/** The catalog's name for a version means nothing outside of this repository: the one that was built with is written. */
function readVersion(root: string, dependency: string): string {
  const file = path.join(root, "node_modules", dependency, "package.json");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}

function readPackedFiles(extension: string): PackedFile[] {
  const folders = ["assets", "dist", "skills"].flatMap((folder) => listFiles(extension, folder));
  return ["openclaw.plugin.json", "README.md", ...folders]
    .filter((file) => path.basename(file) !== METAFILE)
    .map((file) => ({ path: file, bytes: readFileSync(path.join(extension, file)) }));
}

/** Files below a folder, if there is one, by their paths in the package. */
function listFiles(extension: string, folder: string): string[] {
  const from = path.join(extension, folder);
  if (!existsSync(from)) return [];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) =>
      path.relative(extension, path.join(parentPath, name)).replaceAll(path.sep, "/"),
    );
}

function textFile(name: string, text: string): PackedFile {
  return { path: name, bytes: Buffer.from(text) };
}
