// The wizard of `openclaw channels add`, `configure` and `onboard`, from the first question to the card with the QR code.
import { isOwned } from "channel-kit/cold";
import {
  canShowQr,
  describeContactCard,
  createOwnerStep,
  findTerminal,
  hasOwner,
  makeContactCard,
  settleOwner,
  settleScope,
  type SetupContext,
  type SetupIo,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { promptAccountId } from "openclaw/plugin-sdk/setup";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { gossipChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import { inviteLink } from "./client-invite.ts";
import { CHANNEL_ID, GOSSIP } from "./config-schema.ts";
import { ownerRooms } from "./owner-handshake.ts";
import { describeSecretMove } from "./secret-move.ts";
import { settleAccess } from "./setup-access.ts";
import { settleIdentity } from "./setup-identity.ts";

const INTRO = [
  "Gossip is end-to-end encrypted. Your bot gets its own identity; no phone number.",
  "The encryption ends in your gateway: your model provider reads what people write to the bot.",
].join("\n");

const NO_OWNER = [
  "The first person whom `openclaw pairing approve` lets in becomes owner of this OpenClaw,",
  "with all its commands. Before the first approval: openclaw gossip owner",
].join("\n");

/** Runs the wizard. The host writes the configuration that comes back. */
export async function runGossipSetup(
  context: SetupContext,
): Promise<{ cfg: OpenClawConfig; accountId: string }> {
  const io = openIo(context);
  await io.prompter.note(INTRO, "Gossip");
  const accountId = await chooseAccount(context);
  const enabled = patchAccount(context.cfg, accountId, { enabled: true });
  const { cfg, result } = await settleIdentity(enabled, accountId, io);
  const access = await settleAccess(cfg, accountId, io, {
    offersOwner: result.kind !== "later" && !hasOwner(GOSSIP, cfg),
  });
  const open = await settleScope(gossipChannel, access.cfg, io);
  if (result.kind === "later") {
    await io.prompter.note(
      "The id is known once the gateway has read the secret.\nThen: openclaw gossip invite",
      "Gossip",
    );
    return { cfg: open, accountId };
  }
  const { path: folder, record } = result.folder;
  const card = await makeContactCard({
    userId: record.userId,
    link: inviteLink(record.userId),
    folder,
    showsQr: canShowQr(terminalSize(io), io.env),
  });
  if (card.qr !== undefined) await io.prompter.plain?.(card.qr);
  await io.prompter.note(describeContactCard(card, GOSSIP.label), "Your bot");
  if (result.kind === "restored") {
    // A box would break the commands into lines.
    const text = describeMove(accountId);
    await (io.prompter.plain?.(text) ?? io.prompter.note(text));
  }
  const done = await settleOwner(
    createOwnerStep(ownerRooms, open, accountId),
    open,
    io,
    access.result,
  );
  if (!isOwned(done)) await io.prompter.note(NO_OWNER, "No owner yet");
  await io.prompter.note("Start it: openclaw gateway restart", "Next");
  return { cfg: done, accountId };
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

function terminalSize({ terminal }: SetupIo) {
  return terminal && { columns: terminal.output.columns, plain: terminal.plain };
}

/** At the first time there is only the account `default`, and nothing to choose. */
async function chooseAccount(context: SetupContext): Promise<string> {
  const { accountOverrides, cfg, prompter, shouldPromptAccountIds } = context;
  const given = accountOverrides[CHANNEL_ID];
  if (given !== undefined) return resolveGossipAccount(cfg, given).accountId;
  const ids = listGossipAccountIds(cfg);
  const [first = "default"] = ids;
  if (!shouldPromptAccountIds || !resolveGossipAccount(cfg, first).enabled) return first;
  return await promptAccountId({
    cfg,
    prompter,
    label: "Gossip",
    currentId: first,
    listAccountIds: () => ids,
    defaultAccountId: first,
  });
}
