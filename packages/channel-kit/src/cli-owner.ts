// `openclaw <channel> owner`: the owner handshake after the setup, beside a running gateway or without one.
import { readTypedLine } from "./cli-io.ts";
import { appOf, type ChannelNames } from "./channel-names.ts";
import type { OwnerOutcome } from "./owner-handshake.ts";
import type { OwnerStep } from "./owner-step.ts";
import { writeConfig } from "./write-config.ts";

/** Runs the handshake on standard input and output. Questions go to stderr: stdout is the answer. */
export async function makeOwner(step: OwnerStep): Promise<OwnerOutcome> {
  return await step.handshake({
    showCode: async (code) => {
      say(`From ${appOf(step.names)}, write this to the bot, within ten minutes:\n\n    ${code}\n`);
      say("Waiting for the code. It works once, and whoever sends it is asked about here.");
    },
    askIsThisYou: async (senderId) => {
      say(`The code came from ${senderId}`);
      // An input that ends is no yes.
      return /^y(es)?$/i.test((await readTypedLine("Is this you? [y/N] ")).trim());
    },
    grant: async (senderId) => {
      await writeConfig((current) => step.grant(current, senderId));
    },
  });
}

/** What the person reads at the end. */
export function describeOutcome({ id }: ChannelNames, { kind }: OwnerOutcome): string {
  const again = `openclaw ${id} owner`;
  const texts: Record<OwnerOutcome["kind"], string> = {
    owner: "You are the owner now. The bot greets you in a moment; then just write.",
    declined: `Nobody was made owner. For a new code: ${again}`,
    expired: `The code was not sent within ten minutes. For a new one: ${again}`,
    exhausted: `Five wrong codes came in, so the code was withdrawn. For a new one: ${again}`,
    replaced: `Another terminal asked for a newer code, so this one is void. Use that one, or get a new one: ${again}`,
  };
  return texts[kind];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
