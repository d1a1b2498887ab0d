// What follows `openclaw channels add --channel mesh --…` and does `openclaw mesh setup`: no questions, one result.
import {
  adviseScope,
  describeWords,
  provisionFromFile,
  setUpUnattended,
  type ProvisionedAccount,
  type ScopeChoice,
  type SettledScope,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import { apply, validate, type SetupInput } from "./setup.ts";

type Files = Pick<SetupInput, "mnemonicFile">;

/** Makes the identity after the host wrote the configuration. @returns Lines for the operator. */
export async function provisionAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: Files,
): Promise<string[]> {
  const done = await provision(cfg, accountId, input);
  return [...describeProvisioned(done, accountId, input), ...adviseScope(meshChannel, cfg)];
}

/** Writes the configuration and makes the identity, see {@link setUpUnattended}. */
export async function setUpAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: SetupInput & ScopeChoice,
): Promise<{ readonly done: ProvisionedAccount | undefined; readonly scope: SettledScope }> {
  const rules = { ...meshChannel, apply, validate };
  return await setUpUnattended(rules, cfg, accountId, input, (next) =>
    provision(next, accountId, input),
  );
}

const provision = (cfg: OpenClawConfig, accountId: string, { mnemonicFile }: Files) =>
  provisionFromFile(meshChannel, cfg, accountId, mnemonicFile);

export function describeProvisioned(
  done: ProvisionedAccount | undefined,
  accountId: string,
  { mnemonicFile }: Files,
): string[] {
  if (done === undefined) {
    return [
      "Mesh: the peer id is known once the gateway has read the secret: openclaw mesh identity",
    ];
  }
  return [
    `Mesh: identity ${done.identity}: ${done.userId}`,
    ...describeWords(meshChannel, accountId, done, mnemonicFile),
  ];
}
