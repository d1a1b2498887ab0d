import { createManifestSchema } from "channel-access/cold";
import { CHANNEL_ID, meshConfigSchema } from "./config-schema.ts";
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
  const description =
    "Mesh: group channels and encrypted direct messages between bots, peer to peer.";
  return {
    id: CHANNEL_ID,
    name: "Mesh",
    description,
    categories: ["channels"],
    activation: { onStartup: false },
    channels: [CHANNEL_ID],
    skills: ["skills"],
    cliCommands: [CLI_DESCRIPTOR],
    configSchema: { type: "object", additionalProperties: false, properties: {} },
    channelConfigs: {
      [CHANNEL_ID]: {
        label: "Mesh",
        description,
        schema: createManifestSchema(meshConfigSchema()),
        uiHints: meshUiHints,
      },
    },
    // There is nothing to migrate. Unsaid, the host waits for a confirmation before it checks the settings.
    doctorContract: { stateMigrations: [] },
    // Identity, sessions and queues. Without this, a backup would copy the databases while they are written.
    backupResources: [{ disposition: "include", scope: "state", relativePath: "sessions/mesh" }],
  };
}
