// Where the host finds secret references of this channel. The account `default` is the section itself, and no account
// inherits another's recovery phrase: sharing it would be sharing the identity.
import {
  collectSecretInputAssignment,
  createChannelSecretTargetRegistryEntries,
  getChannelRecord,
  isEnabledFlag,
  isRecord,
} from "openclaw/plugin-sdk/channel-secret-basic-runtime";
import { CHANNEL_ID } from "./config-schema.ts";

const FIELD = "mnemonic";

type CollectOptions = Parameters<typeof collectSecretInputAssignment>[0];

export const secretTargetRegistryEntries = createChannelSecretTargetRegistryEntries({
  channelKey: CHANNEL_ID,
  account: [FIELD],
  channel: [FIELD],
});

/** Registers every configured recovery phrase with the host's secret resolution. */
export function collectRuntimeConfigAssignments(params: {
  config: { channels?: Record<string, unknown> };
  defaults?: CollectOptions["defaults"];
  context: CollectOptions["context"];
}): void {
  const channel = getChannelRecord(params.config, CHANNEL_ID);
  if (channel === undefined) return;
  const accounts = isRecord(channel["accounts"]) ? channel["accounts"] : {};
  const isOn = channel["enabled"] === true;
  const collect = (
    holder: Record<string, unknown>,
    accountId: string,
    path: string,
    isActive: boolean,
  ): void =>
    collectSecretInputAssignment({
      value: holder[FIELD],
      path: `${path}.${FIELD}`,
      expected: "string",
      defaults: params.defaults,
      context: params.context,
      active: isActive,
      inactiveReason: "the Gossip account is disabled.",
      owner: {
        ownerKind: "account",
        ownerId: `${CHANNEL_ID}:${accountId}`,
        requiredForGateway: false,
        disposition: "isolate",
        contract: holder,
      },
      apply: (value) => {
        holder[FIELD] = value;
      },
    });
  const own = isRecord(accounts["default"]) ? accounts["default"] : {};
  const isInherited = own[FIELD] === undefined && own["enabled"] !== false;
  collect(channel, "default", `channels.${CHANNEL_ID}`, isOn && isInherited);
  for (const [accountId, account] of Object.entries(accounts)) {
    if (!isRecord(account) || account[FIELD] === undefined) continue;
    const path = `channels.${CHANNEL_ID}.accounts.${accountId}`;
    collect(account, accountId, path, isOn && isEnabledFlag(account));
  }
}
