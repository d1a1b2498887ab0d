// What follows `openclaw channels add --channel gossip --…` and does `openclaw gossip setup`: no questions, one result.
import {
  adviseScope,
  describeWords,
  makeContactCard,
  provisionFromFile,
  setUpUnattended,
  type ProvisionedAccount,
  type ScopeChoice,
  type SettledScope,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import { inviteLink } from "./client-invite.ts";
import { apply, validate, type SetupInput } from "./setup.ts";

type Files = Pick<SetupInput, "mnemonicFile">;

interface Provisioned extends ProvisionedAccount {
  /** Picture of the QR code, mode 0600. */
  readonly contactPng: string;
}

/** Makes the identity after the host wrote the configuration. @returns Lines for the operator. */
export async function provisionAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: Files,
): Promise<string[]> {
  const done = await provision(cfg, accountId, input);
  return [...describeProvisioned(done, accountId, input), ...adviseScope(gossipChannel, cfg)];
}

/** Writes the configuration and makes the identity, see {@link setUpUnattended}. */
export async function setUpAccount(
  cfg: OpenClawConfig,
  accountId: string,
  input: SetupInput & ScopeChoice,
): Promise<{ readonly done: Provisioned | undefined; readonly scope: SettledScope }> {
  const rules = { ...gossipChannel, apply, validate };
  return await setUpUnattended(rules, cfg, accountId, input, (next) =>
    provision(next, accountId, input),
  );
}

async function provision(
  cfg: OpenClawConfig,
  accountId: string,
  { mnemonicFile }: Files,
): Promise<Provisioned | undefined> {
  const done = await provisionFromFile(gossipChannel, cfg, accountId, mnemonicFile);
  if (done === undefined) return undefined;
  const { folder, userId } = done;
  const link = inviteLink(userId);
  const { pngPath } = await makeContactCard({ userId, link, folder, showsQr: false });
  return { ...done, contactPng: pngPath };
}

export function describeProvisioned(
  done: Provisioned | undefined,
  accountId: string,
  { mnemonicFile }: Files,
): string[] {
  if (done === undefined) {
    return ["Gossip: the id is known once the gateway has read the secret: openclaw gossip invite"];
  }
  return [
    `Gossip: identity ${done.identity}: ${done.userId}`,
    `Picture of its QR code: ${done.contactPng}`,
    ...describeWords(gossipChannel, accountId, done, mnemonicFile),
  ];
}
