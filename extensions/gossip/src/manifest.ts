import { createManifestSchema } from "channel-access/cold";
import { CHANNEL_ID, gossipConfigSchema, gossipUiHints } from "./config-schema.ts";

/** `openclaw gossip`; the host prints it in its help without running the plugin. */
export const CLI_DESCRIPTOR = {
  name: "gossip",
  description: "Gossip identity, backup, invite, contacts, dead letters",
  hasSubcommands: true,
} as const;

/**
 * The content of openclaw.plugin.json, which the host reads without running the plugin. The file is written by
 * `pnpm --filter @openclaw/gossip run manifest`; a test fails when it lags behind the schema.
 */
export function createManifest(): Record<string, unknown> {
  const description = "Gossip: end-to-end encrypted direct messages without a phone number.";
  return {
    id: CHANNEL_ID,
    name: "Gossip",
    description,
    categories: ["channels"],
    activation: { onStartup: false },
    channels: [CHANNEL_ID],
    cliCommands: [CLI_DESCRIPTOR],
    configSchema: { type: "object", additionalProperties: false, properties: {} },
    channelConfigs: {
      [CHANNEL_ID]: {
        label: "Gossip",
        description,
        schema: createManifestSchema(gossipConfigSchema()),
        uiHints: gossipUiHints,
      },
    },
    // There is nothing to migrate. Unsaid, the host waits for a confirmation before it checks the settings.
    doctorContract: { stateMigrations: [] },
    // Identity, sessions and queues. Without this, a backup would copy the databases while they are written.
    backupResources: [{ disposition: "include", scope: "state", relativePath: "sessions/gossip" }],
  };
}
