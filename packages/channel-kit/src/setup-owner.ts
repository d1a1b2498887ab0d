// Third step of the wizard: the person at the terminal proves with a code on the phone which user he is.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { appOf, type ChannelNames } from "./channel-names.ts";
import { readCode } from "./errors.ts";
import type { OwnerOutcome } from "./owner-handshake.ts";
import type { OwnerStep } from "./owner-step.ts";
import type { SetupIo } from "./setup-io.ts";

/** Whether somebody owns the bot through this channel already. */
export function hasOwner({ id }: ChannelNames, cfg: OpenClawConfig): boolean {
  return (cfg.commands?.ownerAllowFrom ?? []).some((entry) =>
    String(entry).toLowerCase().startsWith(`${id}:`),
  );
}

/** When the person at the terminal proves who he is: at once, by a question of its own, or not in this run. */
export type OwnerMoment = "now" | "ask" | "later";

/**
 * Offers the handshake until it ends with an owner or the person leaves it for later.
 *
 * @param moment - `now`: the first offer was taken already.
 */
export async function settleOwner(
  step: OwnerStep,
  cfg: OpenClawConfig,
  io: SetupIo,
  moment: OwnerMoment,
): Promise<OpenClawConfig> {
  if (moment === "later" || hasOwner(step.names, cfg)) return cfg;
  let isTaken = moment === "now";
  let message = "Become owner of the bot now?";
  for (;;) {
    if (!isTaken && !(await offer(message, step, io))) return cfg;
    isTaken = false;
    const { next, outcome } = await shakeHands(step, cfg, io);
    if (outcome === "owner") return next;
    message = `${WHY[outcome]} Try again?`;
  }
}

async function offer(
  message: string,
  { names }: OwnerStep,
  { prompter }: SetupIo,
): Promise<boolean> {
  const choice = await prompter.select<"now" | "later">({
    message,
    options: [
      { value: "now", label: `Yes, I send a code from ${appOf(names)}` },
      { value: "later", label: "Later", hint: `openclaw ${names.id} owner` },
    ],
    initialValue: "now",
  });
  return choice === "now";
}

const WHY: Record<Exclude<OwnerOutcome["kind"], "owner"> | "failed", string> = {
  declined: "Nobody was made owner.",
  expired: "The code was not sent within ten minutes.",
  exhausted: "Five wrong codes came in, so the code was withdrawn.",
  replaced: "Another terminal asked for a newer code, so this one is void.",
  failed: "The handshake did not work.",
};

async function shakeHands(step: OwnerStep, cfg: OpenClawConfig, io: SetupIo) {
  const { prompter } = io;
  const { label, network } = step.names;
  const app = appOf(step.names);
  let next = cfg;
  const waiting: { spinner?: ReturnType<typeof prompter.progress> } = {};
  waiting.spinner = prompter.progress(`Connecting to the ${network}`);
  try {
    const outcome = await step.handshake({
      showCode: async (code) => {
        waiting.spinner?.stop(`The ${network} has the bot's keys`);
        await prompter.note(
          `From ${app}, write this to the bot, within ten minutes:\n\n    ${code}\n\n` +
            "It works once, and whoever sends it is asked about here.",
          "Your code",
        );
        waiting.spinner = prompter.progress("Waiting for the code");
      },
      askIsThisYou: async (senderId) => {
        waiting.spinner?.stop("The code has come in");
        return await prompter.confirm({
          message: `Is this you? ${senderId}`,
          initialValue: false,
        });
      },
      grant: async (senderId) => {
        next = step.grant(cfg, senderId);
      },
    });
    if (outcome.kind !== "owner" && outcome.kind !== "declined") {
      waiting.spinner?.stop(WHY[outcome.kind]);
    }
    return { next, outcome: outcome.kind };
  } catch (error) {
    waiting.spinner?.stop();
    const reason = error instanceof Error && readCode(error) !== undefined ? error.message : "";
    if (reason === "") throw error;
    await prompter.note(reason, label);
    return { next: cfg, outcome: "failed" as const };
  }
}
