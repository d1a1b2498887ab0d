import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** What a channel's plugin needs beside its three entries. */
export interface CrashBundleOptions {
  /** Id of the channel, and of its extension. */
  readonly channel: string;
  /** The crash plugin. */
  readonly entry: URL;
  /** More entries: by name, files from the repository's root. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Packages that are not bundled but found at run time, such as `@xmtp/node-bindings`. */
  readonly native?: readonly string[];
}

/**
 * Makes a plugin folder for `plugins.load.paths`: the channel's own manifest, package and build, with the entry of its
 * crash plugin.
 */
export async function bundleCrashPlugin(
  folder: string,
  { channel, entry, entries = {}, native = [] }: CrashBundleOptions,
): Promise<void> {
  const extension = path.join(REPOSITORY, "extensions", channel);
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "openclaw.plugin.json"]) {
    copyFileSync(path.join(extension, name), path.join(folder, name));
  }
  for (const name of native) {
    // Above the plugin, where Node.js finds it as well: the host takes a link within a plugin for an edit.
    const link = path.join(path.dirname(folder), "node_modules", name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(REPOSITORY, "node_modules", name), link);
  }
  await build({
    config: path.join(extension, "tsup.config.ts"),
    entry: {
      index: fileURLToPath(entry),
      "setup-entry": path.join(extension, "setup-entry.ts"),
      "secret-contract-api": path.join(extension, "secret-contract-api.ts"),
      ...Object.fromEntries(
        Object.entries(entries).map(([name, file]) => [name, path.join(REPOSITORY, file)]),
      ),
    },
    outDir: path.join(folder, "dist"),
    silent: true,
  });
}
