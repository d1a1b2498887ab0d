import { createPluginManifest } from "channel-kit/cold";
import { CONVOS, ConvosConfigSchema } from "./config-schema.ts";
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
  return createPluginManifest(CONVOS, {
    description: "Convos: end-to-end encrypted conversations over XMTP, joined by an invite.",
    cli: CLI_DESCRIPTOR,
    schema: ConvosConfigSchema,
    uiHints: convosUiHints,
  });
}
