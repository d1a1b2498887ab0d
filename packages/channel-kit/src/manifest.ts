// openclaw.plugin.json, which the host reads without running the plugin.
import { createManifestSchema } from "channel-access/cold";
import type { ChannelNames } from "./channel-names.ts";

export interface ManifestParts {
  /** The channel in one sentence. */
  readonly description: string;
  readonly cli: { readonly name: string; readonly description: string };
  readonly schema: Parameters<typeof createManifestSchema>[0];
  readonly uiHints: object;
  /** Folders of skills, if the plugin brings some. */
  readonly skills?: readonly string[];
}

/** The content of the file. */
export function createPluginManifest(
  { id, label }: Pick<ChannelNames, "id" | "label">,
  { cli, description, schema, skills, uiHints }: ManifestParts,
): Record<string, unknown> {
  return {
    id,
    name: label,
    description,
    categories: ["channels"],
    activation: { onStartup: false },
    channels: [id],
    ...(skills === undefined ? {} : { skills }),
    cliCommands: [cli],
    configSchema: { type: "object", additionalProperties: false, properties: {} },
    channelConfigs: {
      [id]: { label, description, schema: createManifestSchema(schema), uiHints },
    },
    // There is nothing to migrate. Unsaid, the host waits for a confirmation before it checks the settings.
    doctorContract: { stateMigrations: [] },
    // Identity, conversations and queues. Without this, a backup would copy the databases while they are written.
    backupResources: [{ disposition: "include", scope: "state", relativePath: `sessions/${id}` }],
  };
}
