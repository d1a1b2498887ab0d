import * as kit from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { CHANNEL_ID } from "./config-schema.ts";

/** Writes fields of one account of this channel, see {@link kit.patchAccount}. */
export function patchAccount(
  cfg: OpenClawConfig,
  accountId: string,
  patch: Record<string, unknown>,
): OpenClawConfig {
  return kit.patchAccount(CHANNEL_ID, cfg, accountId, patch);
}
