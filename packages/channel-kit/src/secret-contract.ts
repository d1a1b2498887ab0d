// Where the host finds secret references of this channel. The account `default` is the section itself, and no account
// inherits another's recovery phrase: sharing it would be sharing the identity.
import {
  collectSecretInputAssignment,
  createChannelSecretTargetRegistryEntries,
  getChannelRecord,
  isEnabledFlag,
  isRecord,
} from "openclaw/plugin-sdk/channel-secret-basic-runtime";

const DEFAULT_FIELDS = ["mnemonic"];

type CollectOptions = Parameters<typeof collectSecretInputAssignment>[0];

type SecretTargets = ReturnType<typeof createChannelSecretTargetRegistryEntries>;

interface CollectParams {
  config: { channels?: Record<string, unknown> };
  defaults?: CollectOptions["defaults"];
  context: CollectOptions["context"];
}

/** What the host loads from a plugin's `secret-contract-api`; it asks for these two names. */
export interface SecretContract {
  readonly secretTargetRegistryEntries: SecretTargets;
  /** Registers every configured secret with the host's secret resolution. */
  readonly collectRuntimeConfigAssignments: (params: CollectParams) => void;
}

/**
 * @param label - The channel's name for people.
 * @param fields - The settings of an account that are its secrets.
 */
export function createSecretContract(
  channelId: string,
  label: string,
  fields: readonly string[] = DEFAULT_FIELDS,
): SecretContract {
  return {
    secretTargetRegistryEntries: createChannelSecretTargetRegistryEntries({
      channelKey: channelId,
      account: [...fields],
      channel: [...fields],
    }),
    collectRuntimeConfigAssignments: (params) => {
      for (const field of fields) collectAssignments({ channelId, label, field }, params);
    },
  };
}

interface SecretPlace {
  readonly channelId: string;
  readonly label: string;
  readonly field: string;
}

function collectAssignments({ channelId, field, label }: SecretPlace, params: CollectParams): void {
  const channel = getChannelRecord(params.config, channelId);
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
      value: holder[field],
      path: `${path}.${field}`,
      expected: "string",
      defaults: params.defaults,
      context: params.context,
      active: isActive,
      inactiveReason: `the ${label} account is disabled.`,
      owner: {
        ownerKind: "account",
        ownerId: `${channelId}:${accountId}`,
        requiredForGateway: false,
        disposition: "isolate",
        contract: holder,
      },
      apply: (value) => {
        holder[field] = value;
      },
    });
  const own = isRecord(accounts["default"]) ? accounts["default"] : {};
  const isInherited = own[field] === undefined && own["enabled"] !== false;
  collect(channel, "default", `channels.${channelId}`, isOn && isInherited);
  for (const [accountId, account] of Object.entries(accounts)) {
    if (!isRecord(account) || account[field] === undefined) continue;
    const path = `channels.${channelId}.accounts.${accountId}`;
    collect(account, accountId, path, isOn && isEnabledFlag(account));
  }
}
