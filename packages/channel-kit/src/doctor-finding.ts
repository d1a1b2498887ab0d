/** One line of doctor. */
export interface Finding {
  /** `<channel id>.<what>`: stable, what people search for. */
  readonly id: `${string}.${string}`;
  readonly accountId: string;
  /** What, and why it matters. */
  readonly message: string;
  /** The next command. */
  readonly fix: string;
}

/** Notes one finding of an account; `what` is the id without the channel's name. */
export type NoteFinding = (what: string, message: string, fix: string) => void;

export function formatFinding({ accountId, fix, id, message }: Finding): string {
  return `- ${id} (${accountId}): ${message} Fix: ${fix}`;
}
