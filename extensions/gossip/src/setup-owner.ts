// Third step of the wizard: the person at the terminal proves with a code on the phone which Gossip user he is.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { CHANNEL_ID } from "./config-schema.ts";
import { readCode } from "./errors.ts";
import { grantOwner } from "./owner-grant.ts";
import { runOwnerHandshake, type OwnerOutcome } from "./owner-handshake.ts";
import type { OwnerMoment } from "./setup-access.ts";
import type { SetupIo } from "./setup-io.ts";

/** Whether somebody owns the bot through this channel already. */
export function hasGossipOwner(cfg: OpenClawConfig): boolean {
  return (cfg.commands?.ownerAllowFrom ?? []).some((entry) =>
    String(entry).toLowerCase().startsWith(`${CHANNEL_ID}:`),
  );
}

/**
 * Offers the handshake until it ends with an owner or the person leaves it for later.
 *
 * @param moment - `now`: the first offer was taken already.
 */
export async function settleOwner(
  cfg: OpenClawConfig,
  accountId: string,
  io: SetupIo,
  moment: OwnerMoment,
): Promise<OpenClawConfig> {
  if (moment === "later" || hasGossipOwner(cfg)) return cfg;
  let isTaken = moment === "now";
  let message = "Make your phone the owner of the bot now?";
  for (;;) {
    if (!isTaken && !(await offer(message, io))) return cfg;
    isTaken = false;
    const { next, outcome } = await shakeHands(cfg, accountId, io);
    if (outcome === "owner") return next;
    message = `${WHY[outcome]} Try again?`;
  }
}

async function offer(message: string, { prompter }: SetupIo): Promise<boolean> {
  const choice = await prompter.select<"now" | "later">({
    message,
    options: [
      { value: "now", label: "Yes, I send a code from the Gossip app" },
      { value: "later", label: "Later", hint: "openclaw gossip owner" },
    ],
    initialValue: "now",
  });
  return choice === "now";
}

const WHY: Record<Exclude<OwnerOutcome["kind"], "owner"> | "failed", string> = {
  declined: "Nobody was made owner.",
  expired: "The code was not sent within ten minutes.",
  exhausted: "Five wrong codes came in, so the code was withdrawn.",
  failed: "The handshake did not work.",
};

async function shakeHands(cfg: OpenClawConfig, accountId: string, io: SetupIo) {
  const { prompter, stateDir } = io;
  let next = cfg;
  const waiting: { spinner?: ReturnType<typeof prompter.progress> } = {};
  waiting.spinner = prompter.progress("Connecting to the relay");
  try {
    const outcome = await runOwnerHandshake({
      cfg,
      accountId,
      stateDir,
      signal: new AbortController().signal,
      dialog: {
        showCode: async (code) => {
          waiting.spinner?.stop("The relay has the bot's keys");
          await prompter.note(
            `In the Gossip app, write this to the bot, within ten minutes:\n\n    ${code}\n\n` +
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
          next = grantOwner(cfg, accountId, senderId);
        },
      },
    });
    if (outcome.kind === "expired" || outcome.kind === "exhausted") {
      waiting.spinner?.stop(WHY[outcome.kind]);
    }
    return { next, outcome: outcome.kind };
  } catch (error) {
    waiting.spinner?.stop();
    const reason = error instanceof Error && readCode(error) !== undefined ? error.message : "";
    if (reason === "") throw error;
    await prompter.note(reason, "Gossip");
    return { next: cfg, outcome: "failed" as const };
  }
}
