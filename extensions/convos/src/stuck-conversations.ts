// Conversations that cannot be opened here although the network answers: no waiting mends that, and only somebody can.
import type {
  ChannelAccountSnapshot,
  ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";

export const stuckSchema = z.array(
  z.object({
    conversationId: z.string().optional(),
    errorCode: z.enum(["key_in_use", "too_many_installations"]),
  }),
);

export type StuckConversation = z.infer<typeof stuckSchema>[number];

const StuckSchema = z.looseObject({ stuck: stuckSchema });

/** Each with the finding of doctor that it is. */
export function collectStuckIssues({
  accountId,
  application,
}: Pick<ChannelAccountSnapshot, "accountId" | "application">): (ChannelStatusIssue & {
  readonly what: string;
})[] {
  const parsed = StuckSchema.safeParse(application);
  if (!parsed.success) return [];
  return parsed.data.stuck.map(({ conversationId, errorCode }) => {
    const which =
      conversationId === undefined ? "a conversation" : `conversation ${conversationId}`;
    const { fix, message, what } = TEXTS[errorCode](which);
    return { channel: CHANNEL_ID, accountId, kind: "runtime", what, message, fix };
  });
}

const TEXTS = {
  key_in_use: (which: string) => ({
    what: "db-missing",
    message: `XMTP's database of ${which} is gone here, while its key has an installation: nothing is read or sent there`,
    fix:
      "Put the account's folder back, if the agent has sent nothing since it was copied. Otherwise: openclaw gateway stop, " +
      "then openclaw convos restore FILE, which uses one of its ten installations",
  }),
  too_many_installations: (which: string) => ({
    what: "installations-high",
    message: `${which} cannot be opened: its inbox has all ten installations that XMTP allows`,
    fix:
      "Put the account's folder back as it was last at work (Backup in docs/channels/convos.md). Without it, have somebody make a new " +
      "conversation and invite the agent: openclaw convos join --invite-file FILE",
  }),
} as const;
