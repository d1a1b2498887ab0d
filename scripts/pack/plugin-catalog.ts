import type { PackedPlugin } from "./plugin-package.ts";

/**
 * The catalog file from which OpenClaw's wizard learns of plugins that are not installed
 * (`OPENCLAW_PLUGIN_CATALOG_PATHS`). Each entry names one exact version and the integrity of its tarball: an install
 * of anything else is stopped.
 */
export function renderCatalog(plugins: readonly PackedPlugin[]): string {
  const entries = plugins.map(({ name, version, integrity, manifest }) => {
    const { channel, install } = manifest.openclaw;
    return {
      name,
      version,
      openclaw: {
        channel,
        install: { ...install, npmSpec: `${name}@${version}`, expectedIntegrity: integrity },
      },
    };
  });
  return `${JSON.stringify({ entries }, undefined, 2)}\n`;
}
