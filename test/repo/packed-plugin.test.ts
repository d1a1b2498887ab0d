import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createTarball } from "../../scripts/pack/tarball.ts";
import { packExtension } from "../../scripts/pack/plugin-package.ts";
import type { PackedPlugin } from "../../scripts/pack/plugin-package.ts";
import { renderCatalog } from "../../scripts/pack/plugin-catalog.ts";
import { importClosure } from "../support/import-graph.ts";
import { readJson } from "../support/read-json.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** What an install may bring to a disk; today it is 1.35 MB. */
const MAX_UNPACKED_BYTES = 2_000_000;
const MAX_PACKED_BYTES = 500_000;
const BUILT_IN = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

const packed = packExtension(ROOT, "gossip");
const [own, bare] = packed;
const packedConvos = packExtension(ROOT, "convos");
const [ownConvos] = packedConvos;
const packedMesh = packExtension(ROOT, "mesh");
const [ownMesh] = packedMesh;
if (own === undefined || bare === undefined || ownConvos === undefined || ownMesh === undefined)
  throw new Error("two packages of each were expected");

/** What every command of the host parses; today it is 255 kB, most of it zod. */
const MAX_SETUP_BYTES = 270_000;

const MetafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({
      bytes: z.number(),
      imports: z.array(
        z.object({ path: z.string(), kind: z.string(), external: z.boolean().optional() }),
      ),
      inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })),
    }),
  ),
});

/** The sources in the built files that loading an entry loads; with `lazy`, in those as well that it may load later. */
function bundleOf(
  id: string,
  entry: string,
  { lazy = false } = {},
): { bytes: number; inputs: string[] } {
  const metafile = path.join(ROOT, "extensions", id, "dist", "metafile-esm.json");
  const { outputs } = readJson(metafile, MetafileSchema);
  const loaded = new Map<string, (typeof outputs)[string]>();
  const pending = [`dist/${entry}`];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const output = outputs[name];
    if (output === undefined || loaded.has(name)) continue;
    loaded.set(name, output);
    const imports = output.imports.filter(({ kind }) => lazy || kind === "import-statement");
    pending.push(...imports.map((one) => one.path));
  }
  const files = [...loaded.values()];
  return {
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    inputs: files.flatMap(({ inputs }) =>
      Object.keys(inputs).filter((input) => (inputs[input]?.bytesInOutput ?? 0) > 0),
    ),
  };
}

/** The built files of a folder, by name. */
function readScripts(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
  return Object.fromEntries(
    names.toSorted().map((name) => [name, readFileSync(path.join(folder, name), "utf8")]),
  );
}

/** What of a plugin cannot be bundled: XMTP's native module. Everything else is in the package. */
const NATIVE: Readonly<Record<string, readonly string[]>> = {
  gossip: [],
  convos: ["@xmtp/node-bindings"],
  mesh: [],
};

function nativeOf({ manifest }: PackedPlugin): readonly string[] {
  return NATIVE[manifest.openclaw.channel.id] ?? [];
}

function read(plugin: PackedPlugin, name: string): string {
  const file = plugin.files.find((entry) => entry.path === name);
  return Buffer.from(file?.bytes ?? []).toString("utf8");
}

/** Every module that the built files of a package load, as written. */
function loadedModules(plugin: PackedPlugin): string[] {
  return plugin.files
    .filter(({ path: name }) => name.endsWith(".js"))
    .flatMap(({ path: name }) => ts.preProcessFile(read(plugin, name)).importedFiles)
    .map(({ fileName }) => fileName);
}

/** What the host loads: everything but the files that say the package's name. */
function readPluginFiles({ files }: PackedPlugin): string[] {
  return files
    .filter(({ path: name }) => /^(dist|assets|skills)\/|^openclaw\.plugin\.json$/.test(name))
    .map(({ path: name, bytes }) => `${name} ${Buffer.from(bytes).toString("base64")}`);
}

describe.each([...packed, ...packedConvos, ...packedMesh])("the package $name", (plugin) => {
  it("has what an install needs, and asks for nothing else", () => {
    const names = plugin.files.map((file) => file.path);
    expect(names).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "THIRD-PARTY-NOTICES",
        "assets/icon.png",
        "openclaw.plugin.json",
        "package.json",
        "sbom.cdx.json",
      ]),
    );
    expect(names.filter((name) => /\.(ts|map)$|metafile|\.test\./.test(name))).toEqual([]);
    const manifest: unknown = JSON.parse(read(plugin, "package.json"));
    expect(manifest).not.toHaveProperty("scripts");
    const { optionalDependencies = {} } = plugin.manifest;
    expect(Object.keys(optionalDependencies)).toEqual(nativeOf(plugin));
    for (const version of Object.values(optionalDependencies))
      expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).toHaveProperty("peerDependenciesMeta.openclaw.optional", true);
    expect(manifest).toHaveProperty("openclaw.install.npmSpec", plugin.name);
  });

  it("has every file that its package.json names", () => {
    const names = new Set(plugin.files.map((file) => `./${file.path}`));
    const { openclaw } = plugin.manifest;
    const entries = [openclaw["runtimeExtensions"], openclaw["runtimeSetupEntry"]].flat();
    expect(entries).toHaveLength(2);
    expect(entries.filter((entry) => !names.has(String(entry)))).toEqual([]);
  });

  it("loads nothing but the host's plugin SDK, Node, and its own files", () => {
    const foreign = loadedModules(plugin).filter(
      (name) =>
        !name.startsWith("./") &&
        !BUILT_IN.has(name) &&
        !nativeOf(plugin).includes(name) &&
        !/^openclaw\/plugin-sdk\/[a-z-]+$/.test(name),
    );
    expect(foreign).toEqual([]);
    expect(read(plugin, "sbom.cdx.json")).not.toMatch(/pkg:npm\/openclaw@/);
  });

  it("has no path of the machine that built it", () => {
    const places = [path.resolve(ROOT), `${homedir()}${path.sep}`, "file://"];
    for (const file of plugin.files.filter(({ path: name }) => !name.endsWith(".png"))) {
      const text = Buffer.from(file.bytes).toString("utf8");
      expect(places.filter((place) => text.includes(place))).toEqual([]);
    }
  });

  it("passes publint and stays within its size", async () => {
    const tarball = new Uint8Array(plugin.tarball).buffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
    expect(plugin.unpackedBytes).toBeLessThan(MAX_UNPACKED_BYTES);
    expect(plugin.tarball.length).toBeLessThan(MAX_PACKED_BYTES);
  });
});

describe("the setup entry", () => {
  /** Measured: each costs a few milliseconds once `channel-core` is there; the others cost up to 1.6 seconds. */
  const LIGHT = new Set(
    [
      "account-id",
      "channel-config-helpers",
      "channel-config-schema",
      "channel-core",
      "channel-plugin-common",
      "channel-setup",
      "secret-input",
    ].map((name) => `openclaw/plugin-sdk/${name}`),
  );

  it.each(["gossip", "convos", "mesh"])(
    "of %s loads only what is light: every command of the host loads it",
    (id) => {
      const entry = path.join(ROOT, "extensions", id, "dist", "setup-entry.js");
      const { packages } = importClosure(entry);
      const ofHost = [...packages].filter((name) => name.startsWith("openclaw"));
      expect(ofHost).toContain("openclaw/plugin-sdk/channel-core");
      expect(ofHost.filter((name) => !LIGHT.has(name))).toEqual([]);
      expect([...packages]).not.toContain("node:sqlite");
    },
  );

  it.each(["gossip", "convos", "mesh"])(
    "of %s bundles little: a schema library and no crypto",
    (id) => {
      const { bytes, inputs } = bundleOf(id, "setup-entry.js");
      const bundled = inputs.map(
        (input) => /(?<=node_modules\/)(?:@[^/]+\/)?[^/.][^/]*/.exec(input)?.[0],
      );
      const foreign = [...new Set(bundled)].filter((name) => name !== undefined);
      expect(foreign).toContain("zod");
      expect(foreign.filter((name) => !["zod", "@scure/base"].includes(name))).toEqual([]);
      expect(bytes).toBeLessThan(MAX_SETUP_BYTES);
    },
  );
});

it.each(["gossip", "convos", "mesh"])("%s has the English words alone", (id) => {
  const lists = bundleOf(id, "index.js", { lazy: true }).inputs.filter((input) =>
    /wordlists?[/.]/.test(input),
  );
  expect(lists.map((input) => path.basename(input))).toEqual(["english.js"]);
});

it("the mesh brings the skill that its manifest names", () => {
  expect(ownMesh.files.map((file) => file.path)).toContain("skills/mesh/SKILL.md");
  expect(JSON.parse(read(ownMesh, "openclaw.plugin.json"))).toHaveProperty("skills", ["skills"]);
});

describe("packing", () => {
  it("gives the same bytes whatever the order of the files", () => {
    expect(Buffer.from(createTarball(own.files.toReversed())).equals(own.tarball)).toBe(true);
  });

  it("gives an archive that tar reads back byte for byte", () => {
    const tar = (...args: string[]): Buffer =>
      spawnSync("tar", args, { input: own.tarball, maxBuffer: 2 * MAX_UNPACKED_BYTES }).stdout;
    const names = tar("-tzf", "-").toString().trim().split("\n");
    expect(names).toEqual(own.files.map(({ path: name }) => `package/${name}`).toSorted());
    for (const { path: name, bytes } of own.files)
      expect(tar("-xOzf", "-", `package/${name}`).equals(bytes)).toBe(true);
  });

  it("names every bundled part with version and license, and quotes every foreign license", () => {
    const bill: unknown = JSON.parse(read(own, "sbom.cdx.json"));
    expect(bill).toHaveProperty("bomFormat", "CycloneDX");
    const purls = [...read(own, "sbom.cdx.json").matchAll(/"purl": "(pkg:npm\/[^"]+)"/g)];
    const names = purls.map(([, purl = ""]) => purl.replace("pkg:npm/", "").replace("%40", "@"));
    // One of each kind: a direct dependency, a dependency of one, and a part of this repository.
    expect(names).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^zod@\d/),
        expect.stringMatching(/^@noble\/hashes@2\./),
        expect.stringMatching(/^gossip-sdk@\d/),
      ]),
    );
    const notices = read(own, "THIRD-PARTY-NOTICES");
    const quoted = [...notices.matchAll(/^(\S+ \d\S*) \(\S+\)$/gm)].map(([, part]) => part);
    const ours = /^(@openclaw\/|gossip-sdk@|sdk-kit@|channel-)/;
    const foreign = names.filter((name) => !ours.test(name));
    expect(quoted).toEqual(foreign.map((name) => name.replace(/@(?=[\d.]+$)/, " ")));
    expect(notices.match(/permission/gi)?.length ?? 0).toBeGreaterThanOrEqual(quoted.length);
  });

  it("gives the bare name the same plugin", () => {
    expect(readPluginFiles(bare)).toEqual(readPluginFiles(own));
    expect([own.name, bare.name]).toEqual(["@openclaw/gossip", "gossip"]);
    expect(bare.version).toBe(own.version);
  });

  it.each(["gossip", "convos", "mesh"])("is built the same every time: %s", (id) => {
    const folder = path.join(ROOT, "extensions", id);
    const again = mkdtempSync(path.join(tmpdir(), "built-again-"));
    const { status } = spawnSync("tsup", ["--silent", "--out-dir", again], { cwd: folder });
    const [first, second] = [readScripts(path.join(folder, "dist")), readScripts(again)];
    rmSync(again, { recursive: true });
    expect([status, second]).toEqual([0, first]);
  });

  it("finds the committed catalog to be of this build; if not: npm run pack:plugins", () => {
    const committed = readFileSync(path.join(ROOT, "plugin-catalog.json"), "utf8");
    expect(committed).toBe(renderCatalog([own, ownConvos, ownMesh]));
  });
});
