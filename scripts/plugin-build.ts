// How every channel plugin is built: one folder with everything in it but the host.
import type { Options } from "tsup";

/** What of the build is a plugin's own. */
export interface PluginBuild extends Pick<Options, "define"> {
  /** Files beside the entries that every plugin has. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Packages that are installed for the machine, and loaded when an account starts. */
  readonly native?: readonly string[];
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
    // Everything is bundled except the host: OpenClaw installs this one package without its siblings.
    external: [new RegExp(`^(?:${outside})`)],
    noExternal: [new RegExp(`^(?!${outside}|node:)`)],
  };
}
