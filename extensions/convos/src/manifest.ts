import { createManifestSchema } from "channel-access/cold";
import { CHANNEL_ID, ConvosConfigSchema } from "./config-schema.ts";
import { convosUiHints } from "./ui-hints.ts";

/** `openclaw convos`; the host prints it in its help without running the plugin. */
export const CLI_DESCRIPTOR = {
  name: "convos",
  description: "Convos conversations, joining by an invite, and the bot's owner",
  hasSubcommands: true,
} as const;

/**
 * The content of openclaw.plugin.json, which the host reads without running the plugin. The file is written by
 * `pnpm --filter @openclaw/convos run manifest`; a test fails when it lags behind the schema.
 */
export function createManifest(): Record<string, unknown> {
  const description = "Convos: end-to-end encrypted conversations over XMTP, joined by an invite.";
  return {
    id: CHANNEL_ID,
    name: "Convos",
    description,
    categories: ["channels"],
    activation: { onStartup: false },
    channels: [CHANNEL_ID],
    cliCommands: [CLI_DESCRIPTOR],
    configSchema: { type: "object", additionalProperties: false, properties: {} },
    channelConfigs: {
      [CHANNEL_ID]: {
        label: "Convos",
        description,
        schema: createManifestSchema(ConvosConfigSchema),
        uiHints: convosUiHints,
      },
    },
    // There is nothing to migrate. Unsaid, the host waits for a confirmation before it checks the settings.
    doctorContract: { stateMigrations: [] },
    // Words, conversations and queues. Without this, a backup would copy the databases while they are written.
    backupResources: [{ disposition: "include", scope: "state", relativePath: "sessions/convos" }],
  };
}
