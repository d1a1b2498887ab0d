// How every channel plugin is built: one folder with everything in it but the host.
import path from "node:path";
import type { Options } from "tsup";

/** What of the build is a plugin's own. */
export interface PluginBuild extends Pick<Options, "define"> {
  /** Files beside the entries that every plugin has. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Packages that are installed for the machine, and loaded when an account starts. */
  readonly native?: readonly string[];
}

const SETUP_ENTRY = "setup-entry";
/** What the setup entry loads, from its own folder. */
const COLD = "src/plugin-base.ts";
/** Where modules are that something loads at run time. */
const LATER = "later";

/**
 * Keeps all that the setup entry loads in as few files as can be: every command of the host loads it, and each file costs most
 * of a millisecond. The bundler parts modules by what else loads them, so whatever is loaded later loads these as well, where
 * they are by then anyway.
 */
function keepColdTogether(): NonNullable<Options["esbuildPlugins"]>[number] {
  return {
    name: "keep-cold-together",
    setup(build) {
      const root = path.dirname(path.resolve(findSetupEntry(build.initialOptions)));
      const cold = JSON.stringify(path.join(root, COLD));
      // By a module in between, not by what the loaded one says: others may load the same one at once, and the bundler reads
      // each file once, in no order.
      build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ kind, path: name, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        return { path: path.relative(root, path.resolve(resolveDir, name)), namespace: LATER };
      });
      build.onLoad({ filter: /(?:)/, namespace: LATER }, ({ path: file }) => {
        const loaded = JSON.stringify(path.join(root, file));
        return { contents: `import ${cold};\nexport * from ${loaded};\n`, resolveDir: root };
      });
    },
  };
}

/** An extension may be built from its own folder, and from that of the repository. */
function findSetupEntry({ entryPoints }: { readonly entryPoints?: unknown }): string {
  const entries = new Map(Object.entries(entryPoints ?? {}));
  const file: unknown = entries.get(SETUP_ENTRY);
  if (typeof file !== "string") throw new TypeError("plugin build: no setup entry");
  return file;
}

export function describePluginBuild({
  define,
  entries = {},
  native = [],
}: PluginBuild = {}): Options {
  const outside = ["openclaw", ...native].map((name) => `${name}(?:/|$)`).join("|");
  return {
    entry: {
      index: "index.ts",
      [SETUP_ENTRY]: "setup-entry.ts",
      "secret-contract-api": "secret-contract-api.ts",
      ...entries,
    },
    format: ["esm"],
    target: "node24",
    platform: "node",
    clean: true,
    splitting: true,
    // Says what is bundled: the notices and the list of parts of the packed plugin are made from it. Not packed itself.
    metafile: true,
    ...(define === undefined ? {} : { define }),
    // "node:sqlite" has no other name.
    removeNodeProtocol: false,
    // Bundled CommonJS code calls `require` for Node's built-ins, which an ES module does not have.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    esbuildPlugins: [keepColdTogether()],
    // Everything is bundled except the host: OpenClaw installs this one package without its siblings.
    external: [new RegExp(`^(?:${outside})`)],
    noExternal: [new RegExp(`^(?!${outside}|node:)`)],
  };
}
