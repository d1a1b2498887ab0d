// What follows `openclaw channels add --channel convos --…` and does `openclaw convos join`: no questions, one result.
import { open } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { writeConfig, type CliAnswer } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { ConvosChannelError, readCode } from "./errors.ts";
import { readOffer, type InviteOffer } from "./invite-offer.ts";
import { apply, validate, type SetupInput } from "./setup.ts";
import { provision, type Provisioned } from "./setup-provision.ts";

/** Above every invite; a file beyond it is another file. */
const MAX_INVITE_BYTES = 64 * 1024;

/** Makes the identity after the host wrote the configuration. @returns Lines for the operator. */
export async function provisionAccount(
  cfg: OpenClawConfig,
  accountId: string,
  { inviteFile }: Pick<SetupInput, "inviteFile">,
): Promise<string[]> {
  const offer = inviteFile === undefined ? undefined : await readOfferFile(inviteFile);
  const done = await provision({
    cfg,
    accountId,
    stateDir: resolveStateDir(process.env),
    now: Date.now,
    ...(offer === undefined ? {} : { offer }),
  });
  return describeProvisioned(done, offer);
}

/**
 * Stores the invite, and switches the account on. A running gateway finds it by itself.
 *
 * @throws ConvosChannelError; `config_invalid` for refused options.
 */
export async function joinByFile(
  cfg: OpenClawConfig,
  accountId: string,
  { apiUrl, env, inviteFile = "-" }: Pick<SetupInput, "apiUrl" | "env" | "inviteFile">,
): Promise<CliAnswer> {
  const input: SetupInput = {
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(env === undefined ? {} : { env }),
    inviteFile,
  };
  const problem = validate(cfg, accountId, input);
  if (problem !== null) throw new ConvosChannelError("config_invalid", problem);
  // The invite first: when that is none, nothing is switched on.
  const lines = await provisionAccount(apply(cfg, accountId, input), accountId, input);
  await writeConfig((current) => apply(current, accountId, input));
  return { json: { accountId, stored: true }, lines };
}

/** Reads an invite from a file, or from standard input for `-`. @throws ConvosChannelError `command_refused`. */
async function readOfferFile(file: string): Promise<InviteOffer> {
  return readOffer(file === "-" ? await readAll(process.stdin) : await readStart(file), Date.now());
}

function describeProvisioned(
  { folder, hasInvite, identity }: Provisioned,
  offer: InviteOffer | undefined,
): string[] {
  return [
    `Convos: identity ${identity}; its recovery words are in ${folder}/session.json, for this user alone`,
    hasInvite && offer !== undefined
      ? `The gateway asks to join ${offer.description} when it runs, and goes on asking after a restart. See: openclaw convos status`
      : "No invite yet: openclaw convos join --invite-file FILE",
  ];
}

async function readStart(file: string): Promise<string> {
  try {
    await using handle = await open(file, "r");
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(MAX_INVITE_BYTES) });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    throw new ConvosChannelError(
      "command_refused",
      `convos: cannot read ${file} (${readCode(cause) ?? "unknown"}); nothing was changed.`,
      { cause },
    );
  }
}
