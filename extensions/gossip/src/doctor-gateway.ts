// Findings that only the running gateway knows. Without one there are none, and doctor says so itself.
import type { Finding } from "channel-kit/terminal";
import * as z from "zod";
import { CHANNEL_ID } from "./config-schema.ts";
import type { GossipChannelErrorCode } from "./errors.ts";
import { isClockWrong } from "./status-line.ts";

const CALL_TIMEOUT_MS = "3000";
/** The host keeps this many open requests for an account; further people get no code. */
const MAX_PAIRING_REQUESTS = 3;

const IDENTITY_MISMATCH: GossipChannelErrorCode = "identity_mismatch";

const AccountSchema = z.looseObject({
  accountId: z.string(),
  lifecycle: z.string().optional(),
  lastError: z.string().nullish(),
  /** Figures of a running account; of one that could not start, why. */
  application: z
    .looseObject({
      deadLetters: z.number().default(0),
      forksNoticed: z.number().default(0),
      clockOffsetMs: z.number().nullish(),
      startErrorCode: z.string().optional(),
    })
    .nullish(),
});
const StatusSchema = z.looseObject({
  channelAccounts: z.looseObject({ [CHANNEL_ID]: z.array(AccountSchema).optional() }).optional(),
});
const PairingSchema = z.looseObject({
  requests: z.array(z.looseObject({ accountId: z.string().optional() })),
});

/** What the gateway answers; undefined when it does not. */
export type AskGateway = (method: string, params: Record<string, unknown>) => Promise<unknown>;

export async function inspectGateway(ask: AskGateway = askRunningGateway): Promise<Finding[]> {
  const status = StatusSchema.safeParse(await ask("channels.status", { probe: false }));
  if (!status.success) return [];
  const accounts = status.data.channelAccounts?.[CHANNEL_ID] ?? [];
  const pairing = PairingSchema.safeParse(
    await ask("channels.pairing.list", { channel: CHANNEL_ID }),
  );
  const requests = pairing.success ? pairing.data.requests : [];
  return accounts.flatMap((account) => {
    const { accountId } = account;
    const open = requests.filter((request) => (request.accountId ?? "default") === accountId);
    return inspectAccount(account).concat(inspectRequests(accountId, open.length));
  });
}

function inspectAccount(account: z.infer<typeof AccountSchema>): Finding[] {
  const { accountId, application, lastError, lifecycle } = account;
  const findings: Finding[] = [];
  const find = (id: Finding["id"], message: string, fix: string): void => {
    findings.push({ id, accountId, message, fix });
  };
  if (lifecycle === "blocked" && application?.startErrorCode === IDENTITY_MISMATCH) {
    // The text is our own start error, which names the two ids and both ways out.
    find("gossip.identity-mismatch", lastError ?? "", "one of the two commands in this line");
  }
  if (application === null || application === undefined) return findings;
  const { clockOffsetMs, deadLetters, forksNoticed } = application;
  if (deadLetters > 0) {
    find(
      "gossip.deadletters",
      `${deadLetters} messages came in and were given up.`,
      "openclaw gossip dead-letters list",
    );
  }
  if (forksNoticed > 0) {
    find(
      "gossip.old-copy",
      `another copy of this identity's state was found at work (${forksNoticed} times): a restored backup, or a cloned machine.`,
      "stop the other copy and keep one",
    );
  }
  if (typeof clockOffsetMs === "number" && isClockWrong(clockOffsetMs)) {
    const seconds = Math.round(Math.abs(clockOffsetMs) / 1000);
    find(
      "gossip.clock-skew",
      `this machine's clock differs by ${seconds} s from the relay's; people may drop what the bot sends.`,
      "timedatectl set-ntp true",
    );
  }
  return findings;
}

/** Strangers can hold all codes for an hour, again and again; the owner must not depend on one. */
function inspectRequests(accountId: string, open: number): Finding[] {
  if (open < MAX_PAIRING_REQUESTS) return [];
  return [
    {
      id: "gossip.pairing-flood",
      accountId,
      message: `all ${open} pairing requests are taken, so nobody else gets a code now.`,
      fix:
        `openclaw pairing list ${CHANNEL_ID}; dismiss strangers in the Control UI. ` +
        `The owner gets in without a code: openclaw channels add ${CHANNEL_ID}`,
    },
  ];
}

async function askRunningGateway(
  method: string,
  params: Record<string, unknown>,
): Promise<unknown> {
  const { callGatewayFromCli } = await import("openclaw/plugin-sdk/gateway-runtime");
  try {
    const options = { timeout: CALL_TIMEOUT_MS, json: true };
    return await callGatewayFromCli(method, options, params, { progress: false });
  } catch {
    // No gateway, or one that will not answer us: doctor has its own checks for that.
    return undefined;
  }
}
