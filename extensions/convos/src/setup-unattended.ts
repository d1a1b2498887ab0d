// What follows `openclaw channels add --channel convos --…` and does `openclaw convos setup` and `join`: no questions, one
// result.
import { open } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import {
  adviseScope,
  describeSecretMove,
  readPhraseFile,
  setUpUnattended,
  writeConfig,
  type CliAnswer,
  type ScopeChoice,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { convosChannel } from "./account-channel.ts";
import type { ConvosContext } from "./cli-conversations.ts";
import { ConvosChannelError, readCode } from "./errors.ts";
import { assertSameNetwork, readOffer, type InviteOffer } from "./invite-offer.ts";
import { askGateway } from "./operate.ts";
import { OPERATIONS } from "./operations.ts";
import { apply, validate, type SetupInput } from "./setup.ts";
import { provision, type Provisioned } from "./setup-provision.ts";

/** Above every invite; a file beyond it is another file. */
const MAX_INVITE_BYTES = 64 * 1024;

type Files = Pick<SetupInput, "inviteFile" | "mnemonicFile">;

/** Makes the identity after the host wrote the configuration. @returns Lines for the operator. */
export async function provisionAccount(
  cfg: OpenClawConfig,
  accountId: string,
  files: Files,
): Promise<string[]> {
  const offer = await readOfferIn(files);
  const done = await make(cfg, accountId, files, offer);
  return [
    ...describeProvisioned(done, offer, accountId, files),
    ...adviseScope(convosChannel, cfg),
  ];
}

/**
 * Sets an account up; safe to run again. With an invite, a running gateway finds it by itself.
 *
 * @throws ConvosChannelError; `config_invalid` for refused options.
 */
export async function setUpAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: SetupInput & ScopeChoice,
): Promise<CliAnswer> {
  const rules = { ...convosChannel, apply, validate };
  const {
    done: { done, offer },
    scope,
  } = await setUpUnattended(rules, cfg, accountId, input, async (next) => {
    const found = await readOfferIn(input);
    return { offer: found, done: await make(next, accountId, input, found) };
  });
  return {
    json: { accountId, stored: offer !== undefined, ...done, dmScope: scope.dmScope },
    lines: [...describeProvisioned(done, offer, accountId, input), ...scope.advice],
  };
}

type JoinInput = Pick<SetupInput, "apiUrl" | "env" | "inviteFile"> & {
  /** Only a running gateway can be told so. */
  readonly addInstallation?: boolean;
};

/**
 * Joins by an invite: a gateway that runs the account says at once whether it leads anywhere; otherwise it is stored.
 *
 * @throws ConvosChannelError.
 */
export async function joinByFile(
  context: ConvosContext,
  { addInstallation = false, apiUrl, env, inviteFile = "-" }: JoinInput,
): Promise<CliAnswer> {
  const { account, cfg } = context;
  const { accountId } = account;
  if (apiUrl === undefined && env === undefined && account.configured) {
    const offer = await readOfferFile(inviteFile);
    assertSameNetwork(offer, account.env);
    const asked = await askGateway(context, OPERATIONS.join, {
      invite: offer.text,
      mayAddInstallation: addInstallation,
    });
    if (asked !== undefined) {
      return {
        json: { accountId, asked: true },
        lines: [
          `Asked to join ${offer.description}. Its creator's app lets the agent in: openclaw convos status`,
        ],
      };
    }
    if (addInstallation) {
      throw new ConvosChannelError(
        "not_running",
        "convos: no gateway runs the account, and that one makes the installation. Start it, then once more: openclaw gateway start",
      );
    }
    const done = await make(cfg, accountId, {}, offer);
    await writeConfig((current) => apply(current, accountId, {}));
    return {
      json: { accountId, stored: true, ...done },
      lines: describeProvisioned(done, offer, accountId, {}),
    };
  }
  return await setUpAccount(cfg, accountId, {
    inviteFile,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(env === undefined ? {} : { env }),
  });
}

async function make(
  cfg: OpenClawConfig,
  accountId: string,
  { mnemonicFile }: Pick<SetupInput, "mnemonicFile">,
  offer: InviteOffer | undefined,
): Promise<Provisioned | undefined> {
  const words =
    mnemonicFile === undefined ? undefined : await readPhraseFile(convosChannel, mnemonicFile);
  return await provision({
    cfg,
    accountId,
    stateDir: resolveStateDir(process.env),
    now: Date.now,
    ...(offer === undefined ? {} : { offer }),
    ...(words === undefined ? {} : { words }),
  });
}

async function readOfferIn({ inviteFile }: Files): Promise<InviteOffer | undefined> {
  return inviteFile === undefined ? undefined : await readOfferFile(inviteFile);
}

/** Reads an invite from a file, or from standard input for `-`. @throws ConvosChannelError `command_refused`. */
async function readOfferFile(file: string): Promise<InviteOffer> {
  return readOffer(file === "-" ? await readAll(process.stdin) : await readStart(file), Date.now());
}

function describeProvisioned(
  done: Provisioned | undefined,
  offer: InviteOffer | undefined,
  accountId: string,
  { mnemonicFile }: Files,
): string[] {
  if (done === undefined) {
    return [
      "Convos: the keys come from the configured secret, which the gateway reads. Then: openclaw convos join",
    ];
  }
  return [
    `Convos: identity ${done.identity}; its recovery words are in ${done.folder}/session.json, for this user alone`,
    ...(done.identity === "restored"
      ? [
          "To keep them in OpenClaw's secret store instead:",
          ...describeSecretMove(convosChannel, accountId, mnemonicFile),
        ]
      : []),
    ...(done.backupConfirmed ? [] : ["Nobody has them on paper yet: openclaw convos backup"]),
    offer === undefined
      ? "No invite yet: openclaw convos join --invite-file FILE, or make a conversation: openclaw convos create"
      : `The gateway asks to join ${offer.description} when it runs, and goes on asking after a restart. See: openclaw convos status`,
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
