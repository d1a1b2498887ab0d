import {
  collectStatusIssuesFromLastError,
  createComputedAccountStatusAdapter,
  createDefaultChannelRuntimeState,
  standardDmPolicyOpenIssue,
  type ChannelAccountSnapshot,
  type ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import * as z from "zod";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { readCode } from "./errors.ts";
import { findLiveAccount } from "./runtime.ts";
import { collectHealthIssues } from "./status-issues.ts";
import { formatRefusal } from "./secret-rotation.ts";

/** Whether the relay answers, found out without opening the account's state. */
export type GossipProbe =
  | {
      readonly ok: true;
      readonly elapsedMs: number;
      readonly relay: string;
      readonly bulletinCounter: string;
    }
  | {
      readonly ok: false;
      readonly elapsedMs: number;
      readonly relay: string;
      readonly error: string;
    };

/** Asks the relay for its newest bulletin counter: the cheapest question that proves the address is a Gossip API. */
export async function probeGossipAccount(
  account: Pick<ResolvedGossipAccount, "protocolUrl">,
  timeoutMs: number,
): Promise<GossipProbe> {
  const started = performance.now();
  const relay = account.protocolUrl;
  const elapsedMs = (): number => Math.round(performance.now() - started);
  try {
    const { fetchBulletinCounter } = await import("./client.ts");
    const counter = await fetchBulletinCounter(relay, AbortSignal.timeout(timeoutMs));
    return { ok: true, elapsedMs: elapsedMs(), relay, bulletinCounter: String(counter) };
  } catch (error) {
    return { ok: false, elapsedMs: elapsedMs(), relay, error: readCode(error) ?? "timeout" };
  }
}

export const gossipStatusAdapter = createComputedAccountStatusAdapter<
  ResolvedGossipAccount,
  GossipProbe
>({
  defaultRuntime: createDefaultChannelRuntimeState("default"),
  probeAccount: ({ account, timeoutMs }) => probeGossipAccount(account, timeoutMs),
  formatCapabilitiesProbe: ({ probe }) => [
    probe.ok
      ? { text: `Relay: answers after ${probe.elapsedMs} ms (${probe.relay})`, tone: "success" }
      : { text: `Relay: ${probe.error} (${probe.relay})`, tone: "error" },
  ],
  resolveAccountSnapshot: ({ account, runtime }) => {
    const live = findLiveAccount(account.accountId);
    const refusal = formatRefusal(account);
    return {
      accountId: account.accountId,
      ...(account.name === undefined ? {} : { name: account.name }),
      enabled: account.enabled,
      configured: account.configured,
      extra: {
        dmPolicy: account.dmPolicy,
        allowFrom: [...account.allowFrom],
        baseUrl: account.protocolUrl,
        publicKey: live?.userId ?? runtime?.publicKey ?? null,
        // The host's word for where a credential comes from; `session.json` is beside what it opens.
        credentialSource: account.mnemonic.kind === "generated" ? "session.json" : "config",
        // Why it could not start is only known to whoever tried.
        application: live?.figures() ?? runtime?.application ?? null,
        ...(refusal === undefined ? {} : { lastError: refusal }),
      },
    };
  },
  collectStatusIssues: (accounts) => [
    // The host itself reports why an account is blocked.
    ...collectStatusIssuesFromLastError(
      CHANNEL_ID,
      accounts.filter(({ lifecycle }) => lifecycle !== "blocked"),
    ),
    ...accounts.flatMap((account): ChannelStatusIssue[] =>
      account.enabled === true && account.dmPolicy === "open"
        ? [
            standardDmPolicyOpenIssue({
              channel: CHANNEL_ID,
              accountId: account.accountId,
              channelLabel: "Gossip",
              configPath: `channels.${CHANNEL_ID}.dmPolicy`,
            }),
          ]
        : [],
    ),
    ...accounts.flatMap((account) => [
      ...collectForkIssues(account),
      ...collectHealthIssues(account),
      ...collectKeyIssues(account),
      ...collectBudgetIssues(account),
    ]),
  ],
});

const ForksSchema = z.looseObject({ forksNoticed: z.number().positive() });

/** Two copies of one state at work take each other's messages. */
function collectForkIssues({
  accountId,
  application,
}: ChannelAccountSnapshot): ChannelStatusIssue[] {
  const forks = ForksSchema.safeParse(application);
  if (!forks.success) return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "runtime",
      message: `another copy of this account's state was found at work (${forks.data.forksNoticed} times); messages may be late or lost`,
      fix: "Stop the other copy (a restored backup or a cloned machine), and keep only one.",
    },
  ];
}

const OverBudgetSchema = z.looseObject({
  peopleOverBudget: z.number().positive(),
  waitingInbound: z.number(),
});

/** Messages that wait although everything works. */
function collectBudgetIssues({
  accountId,
  application,
}: ChannelAccountSnapshot): ChannelStatusIssue[] {
  const over = OverBudgetSchema.safeParse(application);
  if (!over.success) return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "runtime",
      message: `${over.data.peopleOverBudget} people wrote more than the turn budget allows; ${over.data.waitingInbound} messages wait and are answered in order`,
      fix: `Wait, or raise channels.${CHANNEL_ID}.turnBudget (no restart needed).`,
    },
  ];
}

/** Sealed files protect nothing from whoever copies the key along with them. */
function collectKeyIssues(account: ChannelAccountSnapshot): ChannelStatusIssue[] {
  if (account.enabled !== true || account.credentialSource !== "session.json") return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId: account.accountId,
      kind: "config",
      message:
        "key and data share a disk: the recovery phrase is in session.json beside the files it opens",
      fix: `Keep the phrase in a secret store and set the account's mnemonic (channels.${CHANNEL_ID}) to a reference to it.`,
    },
  ];
}
