// What the wizard leaves to do for when the host has written the configuration. Both run in one process, one after the other.

export interface SetupPlan {
  readonly kind: "join" | "create";
  /** Nobody sits at a terminal of this process. */
  readonly isHosted: boolean;
  /** Before the invite was stored: what was joined since then is what was planned. */
  readonly sinceMs: number;
}

const plans = new Map<string, SetupPlan>();

export function planFinish(accountId: string, plan: SetupPlan): void {
  plans.set(accountId, plan);
}

/** @returns undefined when there is nothing to do; each plan is given out once. */
export function takePlan(accountId: string): SetupPlan | undefined {
  const plan = plans.get(accountId);
  plans.delete(accountId);
  return plan;
}
