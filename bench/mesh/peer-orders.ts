import * as z from "zod";

/** What the process of a peer tells the bench. */
export const PeerNewsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("listening"), port: z.int() }),
  /** So many messages are on its disk as it was ordered to tell of. */
  z.object({ kind: z.literal("stored"), messages: z.int() }),
  z.object({ kind: z.literal("collected") }),
]);
export type PeerNews = z.infer<typeof PeerNewsSchema>;

/** What the bench orders. */
export const PeerOrderSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("tell"), messages: z.int() }),
  /** Collects garbage, so that memory is what is held. */
  z.object({ kind: z.literal("collect") }),
]);
export type PeerOrder = z.infer<typeof PeerOrderSchema>;

/** What a peer process is started with, as JSON in `MESH_BENCH_PEER`. */
export const PeerSetupSchema = z.object({
  folder: z.string(),
  seed: z.string(),
  channels: z.array(z.string()),
  peers: z.array(z.string()),
});
export type PeerSetup = z.infer<typeof PeerSetupSchema>;
