// Findings that only the running gateway knows. Without one there are none, and doctor says so itself.
import * as z from "zod";
import type { ChannelNames } from "./channel-names.ts";
import type { Finding, NoteFinding } from "./doctor-finding.ts";
import type { ChannelKitErrorCode } from "./errors.ts";

const CALL_TIMEOUT_MS = "3000";
/** The host keeps this many open requests for an account; further people get no code. */
const MAX_PAIRING_REQUESTS = 3;

const IDENTITY_MISMATCH: ChannelKitErrorCode = "identity_mismatch";

const AccountSchema = z.looseObject({
  accountId: z.string(),
  lifecycle: z.string().optional(),
  lastError: z.string().nullish(),
  /** Figures of a running account; of one that could not start, why. */
  application: z
    .looseObject({
      deadLetters: z.number().default(0),
      startErrorCode: z.string().optional(),
    })
    .nullish(),
});
const StatusSchema = z.looseObject({
  channelAccounts: z.record(z.string(), z.unknown()).optional(),
});
const PairingSchema = z.looseObject({
  requests: z.array(z.looseObject({ accountId: z.string().optional() })),
});

/** What the gateway answers; undefined when it does not. */
export type AskGateway = (method: string, params: Record<string, unknown>) => Promise<unknown>;

/** Of a running account: its `application`, where findings are noted, and which account it is. */
type InspectOwn = (
  application: Readonly<Record<string, unknown>>,
  note: NoteFinding,
  accountId: string,
) => void;

/** @param inspectOwn - What only this channel has figures of. */
export async function inspectGateway(
  names: ChannelNames,
  inspectOwn: InspectOwn,
  ask: AskGateway = askRunningGateway,
): Promise<Finding[]> {
  const status = StatusSchema.safeParse(await ask("channels.status", { probe: false }));
  if (!status.success) return [];
  const listed = z.array(AccountSchema).safeParse(status.data.channelAccounts?.[names.id]);
  const accounts = listed.success ? listed.data : [];
  const pairing = PairingSchema.safeParse(
    await ask("channels.pairing.list", { channel: names.id }),
  );
  const requests = pairing.success ? pairing.data.requests : [];
  return accounts.flatMap((account) => {
    const { accountId } = account;
    const open = requests.filter((request) => (request.accountId ?? "default") === accountId);
    return inspectAccount(names, account, inspectOwn).concat(
      inspectRequests(names, accountId, open.length),
    );
  });
}

function inspectAccount(
  { id }: ChannelNames,
  account: z.infer<typeof AccountSchema>,
  inspectOwn: InspectOwn,
): Finding[] {
  const { accountId, application, lastError, lifecycle } = account;
  const findings: Finding[] = [];
  const find: NoteFinding = (what, message, fix) => {
    findings.push({ id: `${id}.${what}`, accountId, message, fix });
  };
  if (lifecycle === "blocked" && application?.startErrorCode === IDENTITY_MISMATCH) {
    // The text is our own start error, which names the two ids and both ways out.
    find("identity-mismatch", lastError ?? "", "one of the two commands in this line");
  }
  if (application === null || application === undefined) return findings;
  const { deadLetters } = application;
  if (deadLetters > 0) {
    find(
      "deadletters",
      `${deadLetters} messages came in and were given up.`,
      `openclaw ${id} dead-letters list`,
    );
  }
  inspectOwn(application, find, accountId);
  return findings;
}

/** Strangers can hold all codes for an hour, again and again; the owner must not depend on one. */
function inspectRequests({ id }: ChannelNames, accountId: string, open: number): Finding[] {
  if (open < MAX_PAIRING_REQUESTS) return [];
  return [
    {
      id: `${id}.pairing-flood`,
      accountId,
      message: `all ${open} pairing requests are taken, so nobody else gets a code now.`,
      fix:
        `openclaw pairing list ${id}; dismiss strangers in the Control UI. ` +
        `The owner gets in without a code: openclaw channels add ${id}`,
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
