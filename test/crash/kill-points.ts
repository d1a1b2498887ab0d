/** Points of the echo path at which the child ends itself with SIGKILL, in the order in which a message passes them. */
export const CHILD_POINTS = [
  "event",
  "admitted",
  "handled",
  "claimed",
  "before_commit",
  "committed",
  "announced",
  "handed_over",
  "queued",
  "sent",
  "stored",
  "delivered",
] as const;
export type ChildPoint = (typeof CHILD_POINTS)[number];

/** When a child dies. */
export type KillPlan =
  | { readonly kind: "time"; readonly afterMs: number }
  | { readonly kind: "child"; readonly point: ChildPoint; readonly occurrence: number }
  /** The network has it killed at a moment of one of its requests: what it was told is lost on one side or the other. */
  | { readonly kind: "network"; readonly point: string; readonly occurrence: number };

/** Source of the random half of a plan: a whole number from 0 to `limit - 1`. */
export interface KillRandom {
  below(limit: number): number;
}

const MAX_OCCURRENCE = 10;

/**
 * The n-th kill of a run: every second one at a named point, all points in turn, the others at any time from the
 * opening of the stores on.
 *
 * @param windowMs - Latest time for the others.
 * @param networkPoints - Named points on the network's side; they take turns with the child's own.
 */
export function planKill(
  index: number,
  random: KillRandom,
  windowMs: number,
  networkPoints: readonly string[],
): KillPlan {
  if (index % 2 === 0) return { kind: "time", afterMs: random.below(windowMs) };
  const occurrence = 1 + random.below(MAX_OCCURRENCE);
  const turn = ((index - 1) / 2) % (CHILD_POINTS.length + networkPoints.length);
  const childPoint = CHILD_POINTS[turn];
  if (childPoint !== undefined) return { kind: "child", point: childPoint, occurrence };
  const networkPoint = networkPoints[turn - CHILD_POINTS.length];
  if (networkPoint === undefined) throw new RangeError("no kill point left");
  return { kind: "network", point: networkPoint, occurrence };
}

/** How a plan is named in a report. */
export function planName(plan: KillPlan): string {
  return plan.kind === "time" ? "any time" : plan.point;
}
