import { isOwned } from "channel-kit/cold";
import { inspectRunning, type Finding, type ReadApproved } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import type { ResolvedMeshAccount } from "./accounts.ts";
import { tryParsePeerId } from "./targets.ts";

/** Findings about peers, see {@link inspectRunning}. */
export async function inspectPeople(
  cfg: OpenClawConfig,
  readApproved?: ReadApproved,
): Promise<Finding[]> {
  const channel = meshChannel;
  const rules = { channel, who: "peers", tryParseId: tryParsePeerId, describeNoOwner };
  return await inspectRunning(rules, cfg, readApproved);
}

/** OpenClaw makes the first sender owner whom `openclaw pairing approve` lets in, and here that is most likely a bot. */
function describeNoOwner(
  cfg: OpenClawConfig,
  { dmPolicy }: Pick<ResolvedMeshAccount, "dmPolicy">,
  command: string,
): Pick<Finding, "fix" | "message"> | undefined {
  if (isOwned(cfg) || dmPolicy !== "pairing") return undefined;
  return {
    message:
      "nobody owns this OpenClaw yet: it makes the first peer owner that `openclaw pairing approve` lets in, with all commands.",
    fix: `${command}, before the first approval`,
  };
}
