/** How a form shows one setting, and whether the host masks it. */
export interface UiHint {
  readonly label: string;
  readonly help?: string;
  readonly placeholder?: string;
  readonly sensitive?: boolean;
  readonly advanced?: boolean;
  readonly order: number;
}

/**
 * The hints of a section, and the same for each of its named accounts: the host masks a secret by the path that a hint
 * names, and shows `accounts.work.mnemonic` when only `mnemonic` is one.
 *
 * @param fields - By setting, as the section has it.
 */
export function createUiHints(fields: Readonly<Record<string, UiHint>>): Record<string, UiHint> {
  const ofAccounts = Object.entries(fields).map(([field, hint]) => [`accounts.*.${field}`, hint]);
  const accounts = {
    label: "More accounts",
    help: "By account id; each has settings of its own, and takes the others from above.",
    advanced: true,
    order: Object.keys(fields).length + 1,
  };
  return { ...fields, accounts, ...Object.fromEntries(ofAccounts) };
}
