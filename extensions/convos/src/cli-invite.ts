// `openclaw convos invite`: a link and a code by which people come into a conversation that the agent made.
import { canShowQr, type CliAnswer } from "channel-kit/terminal";
import { renderQrTerminal } from "openclaw/plugin-sdk/media-runtime";
import { choose, type ConvosContext } from "./cli-conversations.ts";
import { DEFAULT_EXPIRY, describeExpiry, parseExpiry } from "./expiry.ts";
import { describeConversation } from "./find-conversation.ts";
import { operate, type OperatorContext } from "./operate.ts";
import { OPERATIONS } from "./operations.ts";

export interface InviteOptions {
  readonly conversation?: string;
  readonly expires?: string;
  readonly singleUse?: boolean;
}

export async function invite(context: ConvosContext, options: InviteOptions): Promise<CliAnswer> {
  const { expires = DEFAULT_EXPIRY, singleUse = false } = options;
  const expiresAtMs = parseExpiry(expires, context.now());
  const found = await choose(context, options.conversation);
  const card = await makeInviteCard(context, found.id, { expiresAtMs, singleUse });
  return {
    json: {
      conversationId: found.id,
      url: card.url,
      png: card.png,
      singleUse,
      ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs).toISOString() }),
    },
    lines: [`Invite to ${describeConversation(found)}`, ...card.lines],
  };
}

export async function revokeInvites(
  context: ConvosContext,
  wanted: string | undefined,
): Promise<CliAnswer> {
  const found = await choose(context, wanted);
  await operate(context, OPERATIONS.revokeInvites, { conversationId: found.id });
  return {
    json: { conversationId: found.id, revoked: true },
    lines: [
      `Every invite to ${describeConversation(found)} has ended; who is in it stays. A new one: openclaw convos invite --conversation ${found.id}`,
    ],
  };
}

export interface InviteCard {
  readonly url: string;
  readonly png: string;
  readonly lines: readonly string[];
}

/** Makes an invite and draws it: in the terminal where that can be read, and as a picture of mode 0600. */
export async function makeInviteCard(
  context: OperatorContext & Pick<ConvosContext, "terminal">,
  conversationId: string,
  {
    expiresAtMs,
    singleUse,
  }: { readonly expiresAtMs: number | undefined; readonly singleUse: boolean },
): Promise<InviteCard> {
  const { png, url } = await operate(context, OPERATIONS.invite, {
    conversationId,
    singleUse,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  });
  const { terminal } = context;
  const screen = terminal && { columns: terminal.output.columns, plain: terminal.plain };
  return {
    url,
    png,
    lines: [
      ...(canShowQr(screen, process.env) ? [await renderQrTerminal(url, { small: true })] : []),
      url,
      `It ${describeExpiry(expiresAtMs)}${singleUse ? ", and is for one person" : ""}. Picture of the code: ${png}`,
      "Whoever has it comes in while the gateway runs, and is heard once you let him speak. End it: " +
        `openclaw convos invite revoke ${conversationId}`,
    ],
  };
}
