// What follows `openclaw channels add --channel mesh --…` and does `openclaw mesh setup`: no questions, one result.
import { writeConfig } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { MeshChannelError } from "./errors.ts";
import { describeSecretMove } from "./secret-move.ts";
import { apply, validate, type SetupInput } from "./setup.ts";
import { provisionIdentity, readPhraseFile, type Provisioned } from "./setup-provision.ts";

/** Makes the identity after the host wrote the configuration. @returns Lines for the operator. */
export async function provisionAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: Pick<SetupInput, "mnemonicFile">,
): Promise<string[]> {
  return describeProvisioned(await provision(cfg, accountId, input), accountId, input);
}

/** Writes the configuration and makes the identity. @throws MeshChannelError; `config_invalid` for refused options. */
export async function setUpAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: SetupInput,
): Promise<Provisioned | undefined> {
  const problem = validate(cfg, accountId, input);
  if (problem !== null) throw new MeshChannelError("config_invalid", `mesh: ${problem}`);
  // The identity first: when that fails, nothing is switched on.
  const provisioned = await provision(apply(cfg, accountId, input), accountId, input);
  await writeConfig((current) => apply(current, accountId, input));
  return provisioned;
}

async function provision(
  cfg: OpenClawConfig,
  accountId: string,
  { mnemonicFile }: Pick<SetupInput, "mnemonicFile">,
): Promise<Provisioned | undefined> {
  const words = mnemonicFile === undefined ? undefined : await readPhraseFile(mnemonicFile);
  return await provisionIdentity({
    cfg,
    accountId,
    stateDir: resolveStateDir(process.env),
    now: Date.now,
    ...(words === undefined ? {} : { words }),
  });
}

export function describeProvisioned(
  provisioned: Provisioned | undefined,
  accountId: string,
  { mnemonicFile }: Pick<SetupInput, "mnemonicFile">,
): string[] {
  if (provisioned === undefined) {
    return [
      "Mesh: the peer id is known once the gateway has read the secret: openclaw mesh identity",
    ];
  }
  const { backupConfirmed, identity, userId } = provisioned;
  return [
    `Mesh: identity ${identity}: ${userId}`,
    ...(identity === "restored"
      ? [
          "The words are in session.json in clear text. To keep them in OpenClaw's secret store instead:",
          ...describeSecretMove(accountId, mnemonicFile),
        ]
      : []),
    ...(backupConfirmed ? [] : ["Nobody has its recovery words yet: openclaw mesh backup"]),
  ];
}
