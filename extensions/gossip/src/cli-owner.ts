// `openclaw gossip owner`: the owner handshake after the setup, beside a running gateway or without one.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { readTypedLine } from "./cli-io.ts";
import { grantOwner } from "./owner-grant.ts";
import { runOwnerHandshake, type OwnerOutcome } from "./owner-handshake.ts";
import { writeConfig } from "./write-config.ts";

/** Runs the handshake on standard input and output. Questions go to stderr: stdout is the answer. */
export async function makeOwner(cfg: OpenClawConfig, accountId: string): Promise<OwnerOutcome> {
  return await runOwnerHandshake({
    cfg,
    accountId,
    stateDir: resolveStateDir(process.env),
    signal: new AbortController().signal,
    dialog: {
      showCode: async (code) => {
        say(`In the Gossip app, write this to the bot, within ten minutes:\n\n    ${code}\n`);
        say("Waiting for the code. It works once, and whoever sends it is asked about here.");
      },
      askIsThisYou: async (senderId) => {
        say(`The code came from ${senderId}`);
        // An input that ends is no yes.
        return /^y(es)?$/i.test((await readTypedLine("Is this you? [y/N] ")).trim());
      },
      grant: async (senderId) => {
        await writeConfig((current) => grantOwner(current, accountId, senderId));
      },
    },
  });
}

const OUTCOMES: Record<OwnerOutcome["kind"], string> = {
  owner: "You are the owner now. The bot greets you in a moment; then just write.",
  declined: "Nobody was made owner. For a new code: openclaw gossip owner",
  expired: "The code was not sent within ten minutes. For a new one: openclaw gossip owner",
  exhausted:
    "Five wrong codes came in, so the code was withdrawn. For a new one: openclaw gossip owner",
};

export function describeOutcome({ kind }: OwnerOutcome): string {
  return OUTCOMES[kind];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
