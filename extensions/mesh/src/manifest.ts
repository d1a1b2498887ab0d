import { createPluginManifest } from "channel-kit/cold";
import { MESH, meshConfigSchema } from "./config-schema.ts";
import { meshUiHints } from "./ui-hints.ts";

/** `openclaw mesh`; the host prints it in its help without running the plugin. */
export const CLI_DESCRIPTOR = {
  name: "mesh",
  description: "Mesh identity, backup, channels, neighbors, dead letters",
  hasSubcommands: true,
} as const;

/**
 * The content of openclaw.plugin.json, which the host reads without running the plugin. The file is written by
 * `pnpm --filter @openclaw/mesh run manifest`; a test fails when it lags behind the schema.
 */
export function createManifest(): Record<string, unknown> {
  return createPluginManifest(MESH, {
    description: "Mesh: group channels and encrypted direct messages between bots, peer to peer.",
    cli: CLI_DESCRIPTOR,
    schema: meshConfigSchema(),
    uiHints: meshUiHints,
    skills: ["skills"],
  });
}
