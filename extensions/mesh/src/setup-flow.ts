// The wizard of `openclaw channels add`, `configure` and `onboard`.
import { isOwned } from "channel-kit/cold";
import {
  chooseAccount,
  createOwnerStep,
  hasOwner,
  openSetupIo,
  settleIdentity,
  settleOwner,
  settleScope,
  tellSecretMove,
  type SetupContext,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { resolveMeshAccount, type ResolvedMeshAccount } from "./accounts.ts";
import { CHANNEL_ID, MESH } from "./config-schema.ts";
import { ownerRooms } from "./owner-handshake.ts";
import { settleAccess } from "./setup-access.ts";
import { settleNetwork } from "./setup-network.ts";

const INTRO = [
  "The mesh is a network of bots. Your bot gets a key of its own; there is no account and no server.",
  "What is said in a channel everybody on the mesh can read. Direct messages only the receiver can open,",
  "and your model provider reads what reaches the agent.",
].join("\n");

const NO_OWNER = [
  "The first peer that `openclaw pairing approve` lets in becomes owner of this OpenClaw,",
  "with all its commands. Before the first approval: openclaw mesh owner",
].join("\n");

/** Runs the wizard. The host writes the configuration that comes back. */
export async function runMeshSetup(
  context: SetupContext,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  const io = openSetupIo(CHANNEL_ID, context);
  await io.prompter.note(INTRO, MESH.label);
  const accountId = await chooseAccount(meshChannel, context, ({ enabled }) => !enabled);
  const isNew = !resolveMeshAccount(context.cfg, accountId).enabled;
  const enabled = patchAccount(context.cfg, accountId, { enabled: true });
  const { cfg, result } = await settleIdentity(meshChannel, enabled, accountId, io);
  const placed = await settleNetwork(cfg, accountId, io, { isNew });
  const isReachable = knowsNetwork(resolveMeshAccount(placed, accountId));
  const access = await settleAccess(placed, accountId, io, {
    isNew,
    offersOwner: isReachable && result.kind !== "later" && !hasOwner(MESH, placed),
  });
  const open = await settleScope(meshChannel, access.cfg, io);
  if (result.kind === "later") {
    await io.prompter.note(
      "The peer id is known once the gateway has read the secret.\nThen: openclaw mesh identity",
      MESH.label,
    );
    return { cfg: open, accountId };
  }
  await io.prompter.note(
    `Others reach it by its peer id:\n\n${result.folder.record.userId}`,
    "Your bot",
  );
  if (result.kind === "restored") await tellSecretMove(meshChannel, accountId, io.prompter);
  const done = await settleOwner(
    createOwnerStep(ownerRooms, open, accountId),
    open,
    io,
    // Without a network no code could come in.
    isReachable ? access.result : "later",
  );
  if (!isOwned(done)) await io.prompter.note(NO_OWNER, "No owner yet");
  await io.prompter.note(describeNext(resolveMeshAccount(done, accountId), isNew), "Next");
  return { cfg: done, accountId };
}

function knowsNetwork({
  bootstrapUrl,
  listen,
  peers,
}: Pick<ResolvedMeshAccount, "bootstrapUrl" | "listen" | "peers">): boolean {
  return bootstrapUrl !== undefined || listen !== undefined || peers.length > 0;
}

function describeNext(
  { channels, groupAllowFrom }: Pick<ResolvedMeshAccount, "channels" | "groupAllowFrom">,
  isNew: boolean,
): string {
  const heard = groupAllowFrom.length === 0 ? "owners alone" : "owners and the peers on its list";
  return [
    "Start it: openclaw gateway restart",
    ...(isNew
      ? [
          `In channels it listens to ${channels.join(", ")}, and hears ${heard}.`,
          "Other channels, and peers that are heard there: openclaw channels add mesh",
        ]
      : []),
  ].join("\n");
}
