// `openclaw gossip invite`: how people find the bot.
import path from "node:path";
import { writePrivateFile } from "channel-kit";
import { canShowQr, createCliContext, requireIdentity, type CliAnswer } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { renderQrPngBase64, renderQrTerminal } from "openclaw/plugin-sdk/media-runtime";
import { gossipChannel, type GossipContext } from "./account-channel.ts";
import { inviteLink } from "./client-invite.ts";

/** The link and code that a phone scans. They hold the public id and nothing else. */
export async function showInvite(
  context: GossipContext,
  options: { readonly png?: string },
): Promise<CliAnswer> {
  const { record } = await requireIdentity(context);
  const link = inviteLink(record.userId);
  const { terminal } = context;
  const screen = terminal && { columns: terminal.output.columns, plain: terminal.plain };
  const png = options.png === undefined ? undefined : path.resolve(options.png);
  if (png !== undefined) {
    await writePrivateFile(png, Buffer.from(await renderQrPngBase64(link), "base64"));
  }
  return {
    json: { userId: record.userId, link, ...(png === undefined ? {} : { png }) },
    lines: [
      ...(canShowQr(screen, process.env) ? [await renderQrTerminal(link, { small: true })] : []),
      link,
      "In the Gossip app: New contact, then scan the code or paste the link.",
      ...(png === undefined ? [] : [`Picture of the code: ${png}`]),
    ],
  };
}

/** For `openclaw channels login`: the link and code again. */
export async function printInvite(
  cfg: OpenClawConfig,
  accountId: string | null | undefined,
  print: (line: string) => void,
): Promise<void> {
  const { lines } = await showInvite(
    createCliContext(gossipChannel, cfg, accountId ?? undefined),
    {},
  );
  for (const line of lines) print(line);
}
