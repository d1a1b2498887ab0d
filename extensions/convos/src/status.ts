import {
  createComputedAccountStatusAdapter,
  createDefaultChannelRuntimeState,
  type ChannelAccountSnapshot,
  type ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import { collectAccountIssues, collectStopIssues, describeSnapshot } from "channel-kit";
import * as z from "zod";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import {
  describeWayBack,
  describeWayIn,
  OWNER_CONVERSATION_OVER,
  OWNER_CONVERSATION_UNKNOWN,
  OWNER_ELSEWHERE,
  ownerCommand,
} from "./owner-conversation.ts";
import { findLiveAccount } from "./runtime.ts";
import { collectStuckIssues } from "./stuck-conversations.ts";
import { secrets } from "./secret-rotation.ts";

/** After so long nobody will open the app by himself. */
const STALE_JOIN_MS = 24 * 3_600_000;

/** Whether the account's conversations are connected, as the running account knows it. Nothing is opened for it. */
export type ConvosProbe =
  | { readonly ok: true; readonly conversations: number }
  | { readonly ok: false; readonly error: string };

function probe({ accountId }: Pick<ResolvedConvosAccount, "accountId">): ConvosProbe {
  const figures = findLiveAccount(accountId)?.figures();
  if (figures === undefined) return { ok: false, error: "the account is not running" };
  if (figures.connected) return { ok: true, conversations: figures.conversations };
  return { ok: false, error: figures.lastErrorCode ?? "not connected yet" };
}

export const convosStatusAdapter = createComputedAccountStatusAdapter<
  ResolvedConvosAccount,
  ConvosProbe
>({
  defaultRuntime: createDefaultChannelRuntimeState("default"),
  probeAccount: async ({ account }) => probe(account),
  formatCapabilitiesProbe: ({ probe: found }) => [
    found.ok
      ? { text: `XMTP: ${found.conversations} conversations connected`, tone: "success" }
      : { text: `XMTP: ${found.error}`, tone: "error" },
  ],
  resolveAccountSnapshot: ({ account, runtime }) => {
    const live = findLiveAccount(account.accountId);
    return describeSnapshot(account, {
      baseUrl: account.apiUrl ?? account.env,
      application: live?.figures() ?? runtime?.application,
      refusal: secrets.formatRefusal(account),
    });
  },
  collectStatusIssues: (accounts) => [
    ...collectStopIssues(CHANNEL_ID, accounts),
    ...accounts.flatMap((account) => [
      ...collectAccountIssues(CONVOS, account),
      ...collectJoinIssues(account, Date.now()),
      ...collectRestoreIssues(account),
      ...collectStuckIssues(account),
      ...collectOwnerIssues(account),
    ]),
  ],
});

const JoinsSchema = z.looseObject({
  pendingJoins: z.number().positive(),
  oldestJoinAtMs: z.number(),
});

/** An invite asks the creator's app, and that has to run. */
export function collectJoinIssues(
  { accountId, application }: Pick<ChannelAccountSnapshot, "accountId" | "application">,
  nowMs: number,
): (ChannelStatusIssue & { readonly isStale: boolean })[] {
  const joins = JoinsSchema.safeParse(application);
  if (!joins.success) return [];
  const isStale = nowMs - joins.data.oldestJoinAtMs > STALE_JOIN_MS;
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "runtime",
      isStale,
      message: isStale
        ? "a join has been pending for more than a day"
        : "a join is pending: it completes when the creator's app lets the agent in",
      fix: isStale
        ? "Open the Convos app of whoever made the invite, or ask for a new one: openclaw channels add --channel convos"
        : "Open the Convos app of whoever made the invite.",
    },
  ];
}

const OwnerSchema = z.looseObject({
  isOwnerConversationOver: z.boolean().default(false),
  isOwnerConversationUnknown: z.boolean().default(false),
  isOwnerElsewhere: z.boolean().default(false),
});

/** The owner is heard in one conversation alone; which that is, and who he is, only the operator says. */
export function collectOwnerIssues({
  accountId,
  application,
}: Pick<ChannelAccountSnapshot, "accountId" | "application">): (ChannelStatusIssue & {
  readonly what: string;
})[] {
  const parsed = OwnerSchema.safeParse(application);
  if (!parsed.success) return [];
  const { isOwnerConversationOver, isOwnerConversationUnknown, isOwnerElsewhere } = parsed.data;
  const issue = { channel: CHANNEL_ID, accountId, kind: "runtime" } as const;
  return [
    ...(isOwnerConversationOver
      ? [
          {
            ...issue,
            what: "owner-conversation-gone",
            message: OWNER_CONVERSATION_OVER,
            fix: describeWayBack(accountId),
          },
        ]
      : []),
    ...(isOwnerConversationUnknown
      ? [
          {
            ...issue,
            what: "owner-conversation-unknown",
            message: OWNER_CONVERSATION_UNKNOWN,
            fix: describeWayIn(accountId),
          },
        ]
      : []),
    ...(isOwnerElsewhere
      ? [{ ...issue, what: "no-owner", message: OWNER_ELSEWHERE, fix: ownerCommand(accountId) }]
      : []),
  ];
}

const RestoreSchema = z.looseObject({
  restoreOffers: z.number().default(0),
  restoring: z.number().default(0),
  outOfSync: z.number().default(0),
});

/** What only somebody who remembers, or a member, can mend. */
export function collectRestoreIssues({
  accountId,
  application,
}: Pick<ChannelAccountSnapshot, "accountId" | "application">): (ChannelStatusIssue & {
  readonly what: string;
})[] {
  const parsed = RestoreSchema.safeParse(application);
  if (!parsed.success) return [];
  const { outOfSync, restoreOffers, restoring } = parsed.data;
  const issue = { channel: CHANNEL_ID, accountId, kind: "runtime" } as const;
  return [
    ...(restoreOffers === 0
      ? []
      : [
          {
            ...issue,
            what: "restore-offered",
            message: `${restoreOffers} groups came up after the restore; nothing in them is read before somebody says whether they are the lost ones`,
            fix: "Look and decide: openclaw convos conversations",
          },
        ]),
    ...(restoring === 0
      ? []
      : [
          {
            ...issue,
            what: "restoring",
            message: `${restoring} conversations were restored, or their state was older than what the agent had sent; they start anew`,
            fix: "Write something in each of them: that lets the agent in again. If another machine runs this agent, stop one of the two.",
          },
        ]),
    ...(outOfSync === 0
      ? []
      : [
          {
            ...issue,
            what: "out-of-sync",
            message: `${outOfSync} conversations differ here from what their other members have`,
            fix: "In the Convos app, take the agent out of it and let it in again by an invite.",
          },
        ]),
  ];
}
