// How an operator moves recovery words from session.json into OpenClaw's secret store. The host lets no plugin write there, so
// it takes the host's own two commands.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { AccountChannel } from "./account-channel.ts";
import { secretName } from "./secret-name.ts";

/** A secret of an account: its setting, and the name for it that the account `default` has. */
interface MovedSecret {
  readonly key: string;
  readonly variable: string;
}

/**
 * Commands after which the words of an account are in the host's store, and session.json has none from the next start on.
 *
 * @param file - Where the words are already; without it the first command asks for them, unseen.
 */
export function describeSecretMove(
  { id, phraseVariable }: Pick<AccountChannel, "id" | "phraseVariable">,
  accountId: string,
  file?: string,
): string[] {
  const section = `channels.${id}`;
  const place = accountId === DEFAULT_ACCOUNT_ID ? section : accountPlace(section, accountId);
  const secret = { key: "mnemonic", variable: phraseVariable };
  return describeFieldMove(place, accountId, secret, file);
}

/** Where an entry under `accounts` stands, for the host's commands. */
export function accountPlace(section: string, accountId: string): string {
  return `${section}.accounts["${accountId}"]`;
}

/**
 * The same for any secret of an account.
 *
 * @param place - Where the account stands in the configuration.
 */
export function describeFieldMove(
  place: string,
  accountId: string,
  { key, variable }: MovedSecret,
  file?: string,
): string[] {
  const name = secretName(variable, accountId);
  const from = file === undefined || file === "-" ? "" : ` --value-file ${quote(file)}`;
  return [
    `openclaw secrets store set ${name} --kind secret${from}`,
    `openclaw config set ${quote(`${place}.${key}`)} --ref-provider default --ref-source store --ref-id ${name}`,
  ];
}

/** For a shell, when it would read the word in any way of its own. */
function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
