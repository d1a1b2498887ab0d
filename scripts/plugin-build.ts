// How every channel plugin is built: one folder with everything in it but the host.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Options } from "tsup";

/** What of the build is a plugin's own. */
export interface PluginBuild extends Pick<Options, "define"> {
  /** Files beside the entries that every plugin has. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Packages that are installed for the machine, and loaded when an account starts. */
  readonly native?: readonly string[];
}

/** What the setup entry loads, by its path in an extension. */
const COLD = "src/plugin-base.ts";

/**
 * Keeps all that the setup entry loads in as few files as can be: every command of the host loads it, and each file costs most
 * of a millisecond. The bundler parts modules by what else loads them, so whatever is loaded later loads these as well, where
 * they are by then anyway.
 */
function keepColdTogether(): NonNullable<Options["esbuildPlugins"]>[number] {
  return {
    name: "keep-cold-together",
    setup(build) {
      const later = new Set<string>();
      build.onResolve({ filter: /^\.\.?\// }, ({ kind, path: name, resolveDir }) => {
        if (kind === "dynamic-import") later.add(path.resolve(resolveDir, name));
        return undefined;
      });
      build.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
        if (!later.has(file)) return undefined;
        const cold = JSON.stringify(path.resolve(COLD));
        return { contents: `${readFileSync(file, "utf8")}\nimport ${cold};\n`, loader: "ts" };
      });
    },
  };
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
      "setup-entry": "setup-entry.ts",
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
