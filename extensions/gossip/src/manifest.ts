import { createPluginManifest } from "channel-kit/cold";
import { GOSSIP, gossipConfigSchema, gossipUiHints } from "./config-schema.ts";

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
  return createPluginManifest(GOSSIP, {
    description: "Gossip: end-to-end encrypted direct messages without a phone number.",
    cli: CLI_DESCRIPTOR,
    schema: gossipConfigSchema(),
    uiHints: gossipUiHints,
  });
}
