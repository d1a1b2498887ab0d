// The wizard of `openclaw channels add`, `configure` and `onboard`.
import { findTerminal, settleScope, type SetupContext, type SetupIo } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { promptAccountId } from "openclaw/plugin-sdk/setup";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { meshChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { listMeshAccountIds, resolveMeshAccount, type ResolvedMeshAccount } from "./accounts.ts";
import { CHANNEL_ID, MESH } from "./config-schema.ts";
import { hasOwner } from "./owner-grant.ts";
import { describeSecretMove } from "./secret-move.ts";
import { settleAccess } from "./setup-access.ts";
import { settleIdentity } from "./setup-identity.ts";
import { settleNetwork } from "./setup-network.ts";
import { hasMeshOwner, settleOwner } from "./setup-owner.ts";

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
  const io = openIo(context);
  await io.prompter.note(INTRO, MESH.label);
  const accountId = await chooseAccount(context);
  const isNew = !resolveMeshAccount(context.cfg, accountId).enabled;
  const enabled = patchAccount(context.cfg, accountId, { enabled: true });
  const { cfg, result } = await settleIdentity(enabled, accountId, io);
  const placed = await settleNetwork(cfg, accountId, io, { isNew });
  const isReachable = knowsNetwork(resolveMeshAccount(placed, accountId));
  const access = await settleAccess(placed, accountId, io, {
    isNew,
    offersOwner: isReachable && result.kind !== "later" && !hasMeshOwner(placed),
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
  if (result.kind === "restored") {
    // A box would break the commands into lines.
    const text = describeMove(accountId);
    await (io.prompter.plain?.(text) ?? io.prompter.note(text));
  }
  // Without a network no code could come in.
  const done = await settleOwner(open, accountId, io, isReachable ? access.result : "later");
  if (!hasOwner(done)) await io.prompter.note(NO_OWNER, "No owner yet");
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

function describeMove(accountId: string): string {
  return [
    "The recovery words are in session.json in clear text, for this user alone. To keep them in",
    "OpenClaw's secret store instead:",
    "",
    ...describeSecretMove(accountId),
  ].join("\n");
}

function openIo({ options, prompter }: SetupContext): SetupIo {
  // A wizard in a browser runs in the gateway, whose terminal is somebody else's.
  const isHosted = prompter.cancel !== undefined || prompter.deviceCode !== undefined;
  return {
    prompter,
    terminal: isHosted ? undefined : findTerminal(CHANNEL_ID),
    stateDir: resolveStateDir(process.env),
    env: process.env,
    now: Date.now,
    beforeEffect: async () => {
      prompter.disableBackNavigation?.();
      await options?.beforePersistentEffect?.();
    },
  };
}

/** At the first time there is only the account `default`, and nothing to choose. */
async function chooseAccount(context: SetupContext): Promise<string> {
  const { accountOverrides, cfg, prompter, shouldPromptAccountIds } = context;
  const given = accountOverrides[CHANNEL_ID];
  if (given !== undefined) return resolveMeshAccount(cfg, given).accountId;
  const ids = listMeshAccountIds(cfg);
  const [first = "default"] = ids;
  if (!shouldPromptAccountIds || !resolveMeshAccount(cfg, first).enabled) return first;
  return await promptAccountId({
    cfg,
    prompter,
    label: MESH.label,
    currentId: first,
    listAccountIds: () => ids,
    defaultAccountId: first,
  });
}
