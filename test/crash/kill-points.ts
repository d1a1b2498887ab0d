/** Points of every echo path at which the child ends itself with SIGKILL, in the order in which a message passes them. */
export const ECHO_POINTS = [
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
export type EchoPoint = (typeof ECHO_POINTS)[number];

/** Named points of one channel. */
export interface KillPoints {
  /** At which the child ends itself: {@link ECHO_POINTS}, and what lies in its SDK. */
  readonly child: readonly string[];
  /** Moments of a request at which the network has it killed. */
  readonly network: readonly string[];
}

/** When a child dies. */
export type KillPlan =
  | { readonly kind: "time"; readonly afterMs: number }
  | { readonly kind: "child"; readonly point: string; readonly occurrence: number }
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
 */
export function planKill(
  index: number,
  random: KillRandom,
  windowMs: number,
  points: KillPoints,
): KillPlan {
  if (index % 2 === 0) return { kind: "time", afterMs: random.below(windowMs) };
  const occurrence = 1 + random.below(MAX_OCCURRENCE);
  const turn = ((index - 1) / 2) % (points.child.length + points.network.length);
  const childPoint = points.child[turn];
  if (childPoint !== undefined) return { kind: "child", point: childPoint, occurrence };
  const networkPoint = points.network[turn - points.child.length];
  if (networkPoint === undefined) throw new RangeError("no kill point left");
  return { kind: "network", point: networkPoint, occurrence };
}

/** How a plan is named in a report. */
export function planName(plan: KillPlan): string {
  return plan.kind === "time" ? "any time" : plan.point;
}
