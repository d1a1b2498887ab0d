// The private key of the configuration, which serves one conversation. Another key would be another inbox there.
import { secretKey } from "channel-kit";
import { ConvosError, keyFromHex, type ConvosKey } from "convos-node-sdk";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError, START_FAILURES } from "./errors.ts";
import { shortenId } from "./targets.ts";

type Account = Pick<ResolvedConvosAccount, "accountId" | "ownerKey">;

/** The inbox that a key opens. @throws ConvosError `invalid_key`. */
export function identifyOwnerKey(key: string): string {
  return keyFromHex(key).inboxId;
}

/**
 * The key of an account; undefined when it has none.
 *
 * @throws ConvosChannelError `mnemonic_unavailable` for one that is configured and not there, `mnemonic_invalid`.
 */
export function readOwnerKey({ accountId, ownerKey }: Account): ConvosKey | undefined {
  if (ownerKey.kind === "generated") return undefined;
  if (ownerKey.kind === "unavailable") {
    const key = secretKey(CHANNEL_ID, accountId, "privateKey");
    throw new ConvosChannelError(
      "mnemonic_unavailable",
      `convos: ${key} is configured, but its secret or environment variable is empty. Provide it, then: openclaw secrets reload`,
    );
  }
  try {
    return keyFromHex(ownerKey.words.reveal());
  } catch (error) {
    if (!(error instanceof ConvosError)) throw error;
    const [code, text] = START_FAILURES["invalid_key"] ?? ["mnemonic_invalid", error.code];
    throw new ConvosChannelError(code, `convos: ${text}`, { cause: error });
  }
}

/** Why the account's state does not go with its key, in the operator's words; any other error as it is. */
export function explainOwnerKey(error: unknown, { accountId, ownerKey }: Account): unknown {
  if (!(error instanceof ConvosError) || error.code !== "owner_key_mismatch") return error;
  const key = secretKey(CHANNEL_ID, accountId, "privateKey");
  const given =
    ownerKey.kind === "configured"
      ? `opens inbox ${shortenId(identifyOwnerKey(ownerKey.words.reveal()))}`
      : "is gone";
  const wanted = shortenId(error.inboxId ?? "");
  return new ConvosChannelError(
    "identity_mismatch",
    `convos: ${key} ${given}, but a conversation of this account has inbox ${wanted}. Nothing was changed. Put the key of ` +
      `inbox ${wanted} back, then: openclaw gateway restart. To do without it, leave that conversation first, with the key ` +
      "in place: openclaw convos leave",
    { cause: error },
  );
}
