// Third step of the wizard: the person at the terminal proves with a code on the phone which Gossip user he is.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { readCode } from "./errors.ts";
import { grantOwner } from "./owner-grant.ts";
import { runOwnerHandshake, type OwnerOutcome } from "./owner-handshake.ts";
import type { SetupIo } from "./setup-io.ts";
import { CHANNEL_ID } from "./config-schema.ts";

/** Whether somebody owns the bot through this channel already. */
function hasGossipOwner(cfg: OpenClawConfig): boolean {
  return (cfg.commands?.ownerAllowFrom ?? []).some((entry) =>
    String(entry).toLowerCase().startsWith(`${CHANNEL_ID}:`),
  );
}

/** Offers the handshake until it ends with an owner or the person leaves it for later. */
export async function settleOwner(
  cfg: OpenClawConfig,
  accountId: string,
  io: SetupIo,
): Promise<OpenClawConfig> {
  if (hasGossipOwner(cfg)) return cfg;
  let message = "Make your phone the owner of the bot now?";
  for (;;) {
    const choice = await io.prompter.select<"now" | "later">({
      message,
      options: [
        { value: "now", label: "Yes, I send a code from the Gossip app" },
        { value: "later", label: "Later", hint: "openclaw gossip owner" },
      ],
      initialValue: "now",
    });
    if (choice === "later") return cfg;
    const { next, outcome } = await shakeHands(cfg, accountId, io);
    if (outcome === "owner") return next;
    message = `${WHY[outcome]} Try again?`;
  }
}

const WHY: Record<Exclude<OwnerOutcome["kind"], "owner"> | "failed", string> = {
  declined: "Nobody was made owner.",
  expired: "The code was not sent within ten minutes.",
  exhausted: "Five wrong codes came in, so the code was withdrawn.",
  replaced: "Another terminal asked for a newer code, so this one is void.",
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
    if (outcome.kind !== "owner" && outcome.kind !== "declined") {
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
