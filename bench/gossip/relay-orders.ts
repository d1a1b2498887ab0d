import * as z from "zod";

/** What the relay process tells the bench. */
export const RelayNewsSchema = z.object({ kind: z.literal("listening"), url: z.string() });
export type RelayNews = z.infer<typeof RelayNewsSchema>;
