import * as z from "zod";

/** What the profiler shows while a thread has nothing to do. */
const IDLE = "(idle)";

/** A `.cpuprofile` as far as it is read here. Times are microseconds of the machine's monotonic clock. */
export const ProfileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  startTime: z.number(),
  endTime: z.number(),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
export type Profile = z.infer<typeof ProfileSchema>;

/** Milliseconds by the wall clock, waiting for a processor or a disk included. */
export interface Share {
  /** With a frame of the given code anywhere in the stack. */
  readonly ownMs: number;
  /** With any frame at all. */
  readonly busyMs: number;
}

/** Sums the samples of a profile up to a moment. A sample counts for the time since the one before. */
export function sumShare(
  profile: Profile,
  isOwn: (url: string) => boolean,
  untilUs: number,
): Share {
  const own = findOwn(profile, isOwn);
  const idle = new Set(
    profile.nodes.filter(({ callFrame }) => callFrame.functionName === IDLE).map(({ id }) => id),
  );
  let nowUs = profile.startTime;
  let ownUs = 0;
  let busyUs = 0;
  for (const [index, id] of profile.samples.entries()) {
    const deltaUs = profile.timeDeltas[index] ?? 0;
    nowUs += deltaUs;
    if (nowUs > untilUs) break;
    if (own.has(id)) ownUs += deltaUs;
    if (!idle.has(id)) busyUs += deltaUs;
  }
  return { ownMs: ownUs / 1000, busyMs: busyUs / 1000 };
}

/** Nodes whose own frame, or that of a caller, is of the code. */
function findOwn({ nodes }: Profile, isOwn: (url: string) => boolean): ReadonlySet<number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = new Set<number>();
  const waiting = nodes.filter(({ callFrame }) => isOwn(callFrame.url)).map(({ id }) => id);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (own.has(id)) continue;
    own.add(id);
    waiting.push(...(byId.get(id)?.children ?? []));
  }
  return own;
}
