import * as z from "zod";

/** What the parent tells a child. A child loads its code first and touches no state before `go`. */
export const OrderSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("go"),
    networkUrl: z.string(),
    stateDir: z.string(),
    /** Where there is a conversation to join; only the first child does. */
    invite: z.string().optional(),
    /** Where to end itself, after how many passes. */
    killAt: z.object({ point: z.string(), occurrence: z.number().int().positive() }).optional(),
  }),
  z.object({ kind: z.literal("stop") }),
]);
export type Order = z.infer<typeof OrderSchema>;

/** What a child tells the parent. */
export const NewsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("loaded") }),
  z.object({ kind: z.literal("error"), text: z.string() }),
  z.object({
    kind: z.literal("stopped"),
    copiesSeen: z.number(),
    unhandled: z.number(),
    queueDepth: z.number(),
  }),
]);
export type News = z.infer<typeof NewsSchema>;
