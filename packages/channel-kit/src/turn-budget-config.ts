/** Turns that one person may cause in ten minutes, and all people of an account in an hour. */
export interface ConfiguredTurnBudget {
  readonly perPerson: number;
  readonly perAccount: number;
}

/** `turnBudget` of a configuration: each figure is the account's, else the section's, else the default. */
export function resolveTurnBudget(
  defaults: ConfiguredTurnBudget,
  root: Partial<Record<keyof ConfiguredTurnBudget, number | undefined>> | undefined,
  own: Partial<Record<keyof ConfiguredTurnBudget, number | undefined>> | undefined,
): ConfiguredTurnBudget {
  const pick = (key: keyof ConfiguredTurnBudget): number =>
    own?.[key] ?? root?.[key] ?? defaults[key];
  return { perPerson: pick("perPerson"), perAccount: pick("perAccount") };
}
