import * as z from "zod";

/** What the bench tells the measured client. */
export const ClientOrderSchema = z.discriminatedUnion("kind", [
  /** Makes conversations until there are so many. */
  z.object({ kind: z.literal("grow"), to: z.number().int() }),
  z.object({ kind: z.literal("invite"), conversationId: z.string() }),
  z.object({ kind: z.literal("collect_garbage") }),
  z.object({ kind: z.literal("stop") }),
]);
export type ClientOrder = z.infer<typeof ClientOrderSchema>;

const ConversationSchema = z.object({ id: z.string(), inboxId: z.string() });

export const ClientNewsSchema = z.discriminatedUnion("kind", [
  /** Every conversation has a live stream. `openMs` counts from the opening of the state. */
  z.object({
    kind: z.literal("ready"),
    openMs: z.number(),
    conversations: z.array(ConversationSchema),
  }),
  z.object({ kind: z.literal("grown"), conversations: z.array(ConversationSchema) }),
  z.object({ kind: z.literal("invited"), slug: z.string() }),
  z.object({ kind: z.literal("collected") }),
  /** Texts in the order in which they came, some at a time. */
  z.object({ kind: z.literal("received"), texts: z.array(z.string()) }),
  z.object({ kind: z.literal("failed"), text: z.string() }),
]);
export type ClientNews = z.infer<typeof ClientNewsSchema>;
export type BenchConversation = z.infer<typeof ConversationSchema>;
