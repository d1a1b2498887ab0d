// Findings about peers: nobody is owner, or peers who write directly share a conversation with the agent.
import { isOwned } from "channel-kit/cold";
import { recommendScope, type Finding } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import { listMeshAccountIds, resolveMeshAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { MeshChannelError } from "./errors.ts";
import { tryParsePeerId } from "./targets.ts";

/** Senders approved by pairing for an account. */
export type ReadApproved = (accountId: string) => Promise<readonly string[]>;

/** Looks at the accounts that run. A configuration that is none is left to the host. */
export async function inspectPeople(
  cfg: OpenClawConfig,
  readApproved: ReadApproved = readFromHost,
): Promise<Finding[]> {
  try {
    const running = listMeshAccountIds(cfg).filter(
      (accountId) => resolveMeshAccount(cfg, accountId).enabled,
    );
    const findings: Finding[] = [];
    for (const accountId of running) {
      findings.push(...inspectOwner(cfg, accountId));
      findings.push(...(await inspectScope(cfg, accountId, readApproved)));
    }
    return findings;
  } catch (error) {
    if (error instanceof MeshChannelError) return [];
    throw error;
  }
}

/** OpenClaw makes the first sender owner whom `openclaw pairing approve` lets in, and here that is most likely a bot. */
function inspectOwner(cfg: OpenClawConfig, accountId: string): Finding[] {
  if (isOwned(cfg) || resolveMeshAccount(cfg, accountId).dmPolicy !== "pairing") return [];
  return [
    {
      id: "mesh.no-owner",
      accountId,
      message:
        "nobody owns this OpenClaw yet: it makes the first peer owner that `openclaw pairing approve` lets in, with all commands.",
      fix: `openclaw mesh owner${accountId === "default" ? "" : ` --account ${accountId}`}, before the first approval`,
    },
  ];
}

/** In a channel everybody reads everything anyway; who writes directly counts on being alone. */
async function inspectScope(
  cfg: OpenClawConfig,
  accountId: string,
  readApproved: ReadApproved,
): Promise<Finding[]> {
  const scope = cfg.session?.dmScope ?? "main";
  const { allowFrom, dmPolicy } = resolveMeshAccount(cfg, accountId);
  if (scope !== "main" || dmPolicy === "disabled") return [];
  const approved = dmPolicy === "pairing" ? await readApproved(accountId) : [];
  const peers = new Set([...allowFrom, ...approved].map((entry) => tryParsePeerId(entry)));
  peers.delete(undefined);
  if (dmPolicy !== "open" && peers.size < 2) return [];
  return [
    {
      id: "mesh.dm-scope",
      accountId,
      message:
        "several peers may write directly and all of them share one conversation with the agent: each can ask for what others said.",
      fix: `openclaw config set session.dmScope ${recommendScope(meshChannel, cfg)}`,
    },
  ];
}

/** Loaded when it is asked: half a second that no other command has to pay. */
const readFromHost: ReadApproved = async (accountId) => {
  const { readChannelAllowFromStore } = await import("openclaw/plugin-sdk/channel-pairing");
  return await readChannelAllowFromStore(CHANNEL_ID, process.env, accountId);
};
