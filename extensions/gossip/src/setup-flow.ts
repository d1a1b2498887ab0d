// The wizard of `openclaw channels add`, `configure` and `onboard`, from the first question to the card with the QR code.
import { isOwned } from "channel-kit/cold";
import {
  canShowQr,
  chooseAccount,
  createOwnerStep,
  describeContactCard,
  hasOwner,
  isRemote,
  makeContactCard,
  openSetupIo,
  settleIdentity,
  settleOwner,
  settleScope,
  tellSecretMove,
  type SetupContext,
  type SetupIo,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { inviteLink } from "./client-invite.ts";
import { CHANNEL_ID, GOSSIP } from "./config-schema.ts";
import { ownerRooms } from "./owner-handshake.ts";
import { settleAccess } from "./setup-access.ts";

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
  const io = openSetupIo(CHANNEL_ID, context);
  await io.prompter.note(INTRO, "Gossip");
  const accountId = await chooseAccount(gossipChannel, context, ({ enabled }) => !enabled);
  const enabled = patchAccount(context.cfg, accountId, { enabled: true });
  const { cfg, result } = await settleIdentity(gossipChannel, enabled, accountId, io);
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
  await io.prompter.note(
    describeContactCard(card, GOSSIP.label, { isRemote: isRemote(io.prompter) }),
    "Your bot",
  );
  if (result.kind === "restored") await tellSecretMove(gossipChannel, accountId, io.prompter);
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

function terminalSize({ terminal }: SetupIo) {
  return terminal && { columns: terminal.output.columns, plain: terminal.plain };
}
