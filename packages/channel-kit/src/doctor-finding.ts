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

export function formatFinding({ accountId, fix, id, message }: Finding): string {
  return `- ${id} (${accountId}): ${message} Fix: ${fix}`;
}
