import * as z from "zod";

/** What the bench tells the client process. */
export const ClientOrderSchema = z.discriminatedUnion("kind", [
  /** Opens the state and runs; `idleMs` replaces the default pauses between polls of quiet conversations. */
  z.object({ kind: z.literal("run"), idleMs: z.number().optional() }),
  /** Begins a measurement; `measure_end` answers with what happened in between. */
  z.object({ kind: z.literal("measure_begin") }),
  z.object({ kind: z.literal("measure_end") }),
  z.object({ kind: z.literal("close") }),
]);
export type ClientOrder = z.infer<typeof ClientOrderSchema>;

/** What the client process tells the bench. Times are milliseconds since 1970 with fractions. */
export const ClientNewsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("loaded") }),
  z.object({ kind: z.literal("running"), openMs: z.number() }),
  z.object({ kind: z.literal("sessions"), active: z.number() }),
  z.object({
    kind: z.literal("measured"),
    /** CPU time of all threads. */
    cpuMs: z.number(),
    /** Requests for values, by how many addresses they asked for in all. */
    fetches: z.number(),
    addresses: z.number(),
    longestBlockMs: z.number(),
    /** CPU time of the main thread in its longest turn. */
    longestTurnCpuMs: z.number(),
    rssMb: z.number(),
  }),
  z.object({
    kind: z.literal("admitted"),
    text: z.string(),
    atMs: z.number(),
    /** When the answer with the message had come from the relay. */
    fetchedAtMs: z.number(),
  }),
  z.object({ kind: z.literal("closed") }),
  z.object({ kind: z.literal("failed"), text: z.string() }),
]);
export type ClientNews = z.infer<typeof ClientNewsSchema>;

/** Milliseconds since 1970, comparable between processes of one machine. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
