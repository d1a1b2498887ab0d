// How an operator moves recovery words from session.json into OpenClaw's secret store. The host lets no plugin write there, so
// it takes the host's own two commands.
import type { AccountChannel } from "./account-channel.ts";

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
  const isDefault = accountId === "default";
  const section = `channels.${id}`;
  const key = isDefault ? `${section}.mnemonic` : `${section}.accounts["${accountId}"].mnemonic`;
  const suffix = isDefault ? "" : `_${accountId.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
  const name = `${phraseVariable}${suffix}`;
  const from = file === undefined || file === "-" ? "" : ` --value-file ${quote(file)}`;
  return [
    `openclaw secrets store set ${name} --kind secret${from}`,
    `openclaw config set ${quote(key)} --ref-provider default --ref-source store --ref-id ${name}`,
  ];
}

/** For a shell, when it would read the word in any way of its own. */
function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
