// The last part of the wizard: the agent gets into its conversation while somebody watches, and that person becomes owner.
// Ctrl-C leaves the rest to the gateway: identity and invite are on disk by then, and the configuration is written in any case.
import { cleanName } from "channel-kit/cold";
import {
  createCliContext,
  createOwnerStep,
  describeOutcome,
  type OwnerDialog,
  type SetupPrompter,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import type { ConvosContext } from "./cli-conversations.ts";
import { makeInviteCard } from "./cli-invite.ts";
import { CONVOS } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { DEFAULT_EXPIRY, parseExpiry } from "./expiry.ts";
import { createLiveLine, formatElapsed } from "./live-line.ts";
import { operate } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { describeIfOver, describeWayBack } from "./owner-conversation.ts";
import { ownerRooms } from "./owner-handshake.ts";
import { offerBackup } from "./setup-backup.ts";
import { needsOwner } from "./setup-owner-need.ts";
import { watchJoin } from "./watch-join.ts";

type Listed = AnswerOf<typeof OPERATIONS.conversations>["conversations"][number];

const TICK_MS = 1000;

const LATER = [
  "Start it:            openclaw gateway restart",
  "See how it goes:     openclaw convos status",
  "Then make it yours:  openclaw convos owner",
];

export interface LiveSetup {
  readonly kind: "join" | "create";
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  /** Before the invite was stored: what is joined since then is what was meant. */
  readonly sinceMs: number;
  readonly prompter: SetupPrompter;
}

/** Tells what follows where nobody sits at a terminal of this process. */
export async function tellLater(prompter: SetupPrompter): Promise<void> {
  await prompter.note(LATER.join("\n"), "Next");
}

/**
 * Waits for the conversation and for its owner.
 *
 * @returns The configuration, with the owner if somebody became it. What fails is told, with the command that goes on.
 */
export async function goLive(setup: LiveSetup): Promise<OpenClawConfig> {
  const { accountId, cfg, prompter } = setup;
  const stop = new AbortController();
  const giveUp = (): void => stop.abort();
  process.on("SIGINT", giveUp);
  try {
    const context = createCliContext(convosChannel, cfg, accountId);
    const listed = await enter(context, setup, stop.signal);
    if (listed === undefined) {
      await prompter.note(
        ["Kept pending: the gateway goes on, also after a restart.", "", ...LATER].join("\n"),
        "Next",
      );
      return cfg;
    }
    const owned = await becomeOwner(context, listed, prompter, stop.signal);
    await prompter.note(await describeResult(context, listed), "Your agent");
    await offerBackup(context, prompter);
    return owned;
  } catch (error) {
    if (!(error instanceof ConvosChannelError)) throw error;
    await prompter.note([error.message, "", ...LATER].join("\n"), CONVOS.label);
    return cfg;
  } finally {
    process.off("SIGINT", giveUp);
  }
}

/** @returns undefined when the person gave up waiting. */
function enter(
  context: ConvosContext,
  { kind, prompter, sinceMs }: LiveSetup,
  signal: AbortSignal,
): Promise<Listed | undefined> {
  return kind === "join" ? join(context, sinceMs, signal) : create(context, prompter);
}

async function join(
  context: ConvosContext,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Listed | undefined> {
  const line = openLine(context);
  try {
    const joined = await watchJoin(context, { sinceMs, signal, show: (text) => line.show(text) });
    if (joined !== undefined) line.show("identity ok -> invite ok -> the app let the agent in");
    return joined;
  } finally {
    line.end();
  }
}

async function create(context: ConvosContext, prompter: SetupPrompter): Promise<Listed> {
  const { name } = context.account;
  const { conversationId } = await operate(context, OPERATIONS.create, { name });
  const expiresAtMs = parseExpiry(DEFAULT_EXPIRY, context.now());
  const card = await makeInviteCard(context, conversationId, { expiresAtMs, singleUse: false });
  const text = ["In the Convos app, scan this code, or open the link on the phone:", ...card.lines];
  // A box would break the code and the link into lines.
  await (prompter.plain?.(text.join("\n")) ?? prompter.note(text.join("\n")));
  return await find(context, conversationId);
}

async function find(context: ConvosContext, wanted: string): Promise<Listed> {
  const { conversations } = await operate(context, OPERATIONS.conversations, {});
  const found = conversations.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  throw new ConvosChannelError("command_refused", "convos: the conversation has ended meanwhile.");
}

/** Owner is who proves it in the owner conversation; a further conversation changes nothing about that. */
async function becomeOwner(
  context: ConvosContext,
  entered: Listed,
  prompter: SetupPrompter,
  signal: AbortSignal,
): Promise<OpenClawConfig> {
  const { account, cfg } = context;
  const listing = await operate(context, OPERATIONS.conversations, {});
  const over = describeIfOver(account, listing);
  if (over !== undefined) {
    const way = describeWayBack(account.accountId, entered.id);
    await prompter.note(`${over}\n\nFor this conversation: ${way}`, "No owner conversation");
    return cfg;
  }
  if (!(await needsOwner(context, listing))) return cfg;
  let next = cfg;
  const step = createOwnerStep(ownerRooms, cfg, account.accountId, signal);
  const waiting = openLine(context);
  const clock = { stop: () => undefined as void };
  const dialog: OwnerDialog = {
    showCode: async (code) => {
      await prompter.note(
        `In the Convos app, write this in the conversation, within ten minutes:\n\n    ${code}\n\n` +
          "It works once, and whoever sends it is asked about here.",
        "Your code",
      );
      const startedAtMs = context.now();
      const tick = (): void =>
        waiting.show(
          `waiting for the code ${formatElapsed(context.now() - startedAtMs)} [Ctrl-C: later]`,
        );
      tick();
      const timer = setInterval(tick, TICK_MS);
      clock.stop = () => clearInterval(timer);
    },
    askIsThisYou: async (senderId) => {
      clock.stop();
      waiting.end();
      return await prompter.confirm({ message: `Is this you? ${senderId}`, initialValue: false });
    },
    grant: async (senderId) => {
      next = step.grant(cfg, senderId);
    },
  };
  try {
    const outcome = await step.handshake(dialog);
    clock.stop();
    waiting.end();
    if (outcome.kind !== "owner") await prompter.note(describeOutcome(CONVOS, outcome), "No owner");
  } catch (error) {
    clock.stop();
    waiting.end();
    if (!signal.aborted) throw error;
    await prompter.note(
      "Nobody is owner yet, so the agent listens to nobody. Later: openclaw convos owner",
      "No owner",
    );
  }
  return next;
}

async function describeResult(context: ConvosContext, { id }: Listed): Promise<string> {
  const now = await find(context, id);
  // Counted among its members: what the books say is as of the last look.
  const { members } = await operate(context, OPERATIONS.members, { conversationId: id });
  const title = cleanName(now.name ?? "");
  return [
    `Conversation:  ${title === "" ? now.id : `"${title}"`}, ${members.length} ${members.length === 1 ? "member" : "members"}`,
    `Agent's name:  ${context.account.name}`,
    "Keys:          one for each conversation, all from one recovery phrase",
    "Back it up:    openclaw convos backup",
    "Start it:      openclaw gateway restart",
  ].join("\n");
}

function openLine({ terminal }: ConvosContext) {
  return createLiveLine(process.stdout, terminal?.plain === true);
}
