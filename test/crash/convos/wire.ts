import * as z from "zod";

/** Points of the echo path at which the child ends itself with SIGKILL, in the order in which a message passes them. */
export const CONVOS_POINTS = [
  "event",
  "admitted",
  "handled",
  "claimed",
  "handed_over",
  "queued",
  "preparing",
  "prepared",
  "published",
  "delivered",
] as const;
export type ConvosPoint = (typeof CONVOS_POINTS)[number];

/** What the parent tells a child. A child loads its code first and touches no state before `go`. */
export const OrderSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("go"),
    nodeUrl: z.string(),
    stateDir: z.string(),
    invite: z.string(),
    /** Where to end itself, after how many passes. */
    killAt: z
      .object({ point: z.enum(CONVOS_POINTS), occurrence: z.number().int().positive() })
      .optional(),
  }),
  z.object({ kind: z.literal("stop") }),
]);
export type Order = z.infer<typeof OrderSchema>;

/** What a child tells the parent. */
export const NewsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("loaded") }),
  z.object({ kind: z.literal("error"), text: z.string() }),
  z.object({ kind: z.literal("stopped"), unhandled: z.number(), queueDepth: z.number() }),
]);
export type News = z.infer<typeof NewsSchema>;
