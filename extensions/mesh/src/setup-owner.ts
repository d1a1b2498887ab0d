import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { MESH } from "./config-schema.ts";
import { grantOwner } from "./owner-grant.ts";
import { runOwnerHandshake } from "./owner-handshake.ts";

/** Whether somebody owns the bot through this channel already. */
export function hasMeshOwner(cfg: OpenClawConfig): boolean {
  return kit.hasOwner(MESH, cfg);
}

/** Last step of the wizard, see {@link kit.settleOwner}. */
export function settleOwner(
  cfg: OpenClawConfig,
  accountId: string,
  io: kit.SetupIo,
  moment: kit.OwnerMoment,
): Promise<OpenClawConfig> {
  const { stateDir } = io;
  const { signal } = new AbortController();
  const step: kit.OwnerStep = {
    names: MESH,
    handshake: (dialog) => runOwnerHandshake({ cfg, accountId, stateDir, signal, dialog }),
    grant: (current, senderId) => grantOwner(current, accountId, senderId),
  };
  return kit.settleOwner(step, cfg, io, moment);
}
