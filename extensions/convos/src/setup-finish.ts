// The wizard's second half, after the configuration was written: the agent gets into its conversation while somebody
// watches, and the person at the terminal becomes owner. Ctrl-C leaves the rest to the gateway and loses nothing.
import { cleanName } from "channel-kit/cold";
import { createCliContext, describeOutcome, findTerminal, hasOwner } from "channel-kit/terminal";
import type { ChannelSetupWizardAdapter } from "openclaw/plugin-sdk/setup";
import { convosChannel } from "./account-channel.ts";
import type { ConvosContext } from "./cli-conversations.ts";
import { makeInviteCard } from "./cli-invite.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { DEFAULT_EXPIRY, parseExpiry } from "./expiry.ts";
import { createLiveLine } from "./live-line.ts";
import { operate } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { makeOwner } from "./owner-handshake.ts";
import { takePlan } from "./setup-plan.ts";
import { watchJoin } from "./watch-join.ts";

type Written = Parameters<NonNullable<ChannelSetupWizardAdapter["afterConfigWritten"]>>[0];
type Listed = AnswerOf<typeof OPERATIONS.conversations>["conversations"][number];

const LATER = [
  "Start it:            openclaw gateway restart",
  "See how it goes:     openclaw convos status",
  "Then make it yours:  openclaw convos owner",
];

/** Does what the wizard planned for this account. Never rejects: what fails here is told with the command that goes on. */
export async function finishSetup({ accountId, cfg, runtime }: Written): Promise<void> {
  const plan = takePlan(accountId);
  if (plan === undefined) return;
  const say = (...lines: readonly string[]): void => {
    for (const line of lines) runtime.log(line);
  };
  if (plan.isHosted || findTerminal(CHANNEL_ID) === undefined) {
    say(...LATER);
    return;
  }
  const stop = new AbortController();
  const giveUp = (): void => stop.abort();
  process.on("SIGINT", giveUp);
  try {
    const context = createCliContext(convosChannel, cfg, accountId);
    const listed =
      plan.kind === "join"
        ? await join(context, plan.sinceMs, stop.signal, say)
        : await create(context, stop.signal, say);
    if (listed === undefined) {
      say("Kept pending: the gateway goes on, also after a restart.", ...LATER);
      return;
    }
    await becomeOwner(context, stop.signal, say);
    say(...(await describeResult(context, listed)));
  } catch (error) {
    if (!(error instanceof ConvosChannelError)) throw error;
    say(error.message, ...LATER);
  } finally {
    process.off("SIGINT", giveUp);
  }
}

type Say = (...lines: readonly string[]) => void;

/** @returns undefined when the person gave up waiting. */
async function join(
  context: ConvosContext,
  sinceMs: number,
  signal: AbortSignal,
  say: Say,
): Promise<Listed | undefined> {
  const line = createLiveLine(process.stdout, context.terminal?.plain === true);
  try {
    const joined = await watchJoin(context, {
      sinceMs,
      signal,
      show: (text) => line.show(text),
    });
    line.end();
    if (joined !== undefined) say("The app let the agent in.");
    return joined;
  } finally {
    line.end();
  }
}

async function create(
  context: ConvosContext,
  signal: AbortSignal,
  say: Say,
): Promise<Listed | undefined> {
  const { name } = context.account;
  const { conversationId } = await operate(context, OPERATIONS.create, { name });
  const expiresAtMs = parseExpiry(DEFAULT_EXPIRY, context.now());
  const card = await makeInviteCard(context, conversationId, { expiresAtMs, singleUse: false });
  say(
    "In the Convos app, scan this code, or open the link below it on the phone:",
    ...card.lines,
    "",
  );
  if (signal.aborted) return undefined;
  return await find(context, conversationId);
}

async function find(context: ConvosContext, wanted: string): Promise<Listed | undefined> {
  const { conversations } = await operate(context, OPERATIONS.conversations, {});
  return conversations.find(({ id }) => id === wanted);
}

/** Owner is who proves it in the owner conversation; a further conversation changes nothing about that. */
async function becomeOwner(
  { account, cfg }: ConvosContext,
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  if (hasOwner(CONVOS, cfg)) return;
  try {
    const outcome = await makeOwner(cfg, account.accountId, signal);
    say(describeOutcome(CONVOS, outcome));
  } catch (error) {
    if (!signal.aborted) throw error;
    say("Nobody is owner yet, so the agent listens to nobody. Later: openclaw convos owner");
  }
}

async function describeResult(context: ConvosContext, before: Listed): Promise<string[]> {
  const now = (await find(context, before.id)) ?? before;
  const title = cleanName(now.name ?? "");
  return [
    "",
    `Conversation:  ${title === "" ? now.id : `"${title}"`}, ${now.memberCount} ${now.memberCount === 1 ? "member" : "members"}`,
    `Agent's name:  ${context.account.name}`,
    "Keys:          one for each conversation, all from one recovery phrase",
    "Back it up:    openclaw convos backup",
    "Start it:      openclaw gateway restart",
  ];
}
