import {
  createComputedAccountStatusAdapter,
  createDefaultChannelRuntimeState,
  type ChannelAccountSnapshot,
  type ChannelStatusIssue,
} from "openclaw/plugin-sdk/status-helpers";
import {
  collectAccountIssues,
  collectOpenIssues,
  collectStopIssues,
  describeSnapshot,
} from "channel-kit";
import * as z from "zod";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID, GOSSIP } from "./config-schema.ts";
import { readCode } from "./errors.ts";
import { describeOldCopy, OLD_COPY_ADVICE } from "./old-copy.ts";
import { findLiveAccount } from "./runtime.ts";
import { isClockWrong } from "./status-line.ts";
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
    return describeSnapshot(account, {
      baseUrl: account.protocolUrl,
      publicKey: live?.userId ?? runtime?.publicKey ?? null,
      application: live?.figures() ?? runtime?.application,
      refusal: formatRefusal(account),
    });
  },
  collectStatusIssues: (accounts) => [
    ...collectStopIssues(CHANNEL_ID, accounts),
    ...collectOpenIssues(GOSSIP, accounts),
    ...accounts.flatMap((account) => [
      ...collectForkIssues(account),
      ...collectAccountIssues(GOSSIP, account),
      ...collectClockIssues(account),
    ]),
  ],
});

const ForksSchema = z.looseObject({ forkNoticedAtMs: z.number() });

/** Two copies of one state at work take each other's messages; a restored backup has only been one for a moment. */
function collectForkIssues({
  accountId,
  application,
}: ChannelAccountSnapshot): ChannelStatusIssue[] {
  const forks = ForksSchema.safeParse(application);
  const oldCopy = forks.success ? describeOldCopy(forks.data, Date.now()) : undefined;
  if (oldCopy === undefined) return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "runtime",
      message: oldCopy,
      fix: OLD_COPY_ADVICE,
    },
  ];
}

const ClockSchema = z.looseObject({ clockOffsetMs: z.number() });

function collectClockIssues({
  accountId,
  application,
}: ChannelAccountSnapshot): ChannelStatusIssue[] {
  const clock = ClockSchema.safeParse(application);
  if (!clock.success || !isClockWrong(clock.data.clockOffsetMs)) return [];
  return [
    {
      channel: CHANNEL_ID,
      accountId,
      kind: "runtime",
      message:
        "this machine's clock differs from the relay's by more than 30 s; people may drop what the bot sends",
      fix: "Set the clock, e.g. timedatectl set-ntp true",
    },
  ];
}
