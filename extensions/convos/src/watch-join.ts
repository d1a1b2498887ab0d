// Waits at the terminal until the creator's app lets the agent in: in the gateway that runs the account, or in this process.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findIdentity, runTogether } from "channel-kit";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { openConnection } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { joinStoredInvites } from "./join-stored.ts";
import { formatElapsed } from "./live-line.ts";
import { askGateway, type OperatorContext } from "./operate.ts";
import { OPERATIONS, type AnswerOf } from "./operations.ts";
import { PENDING_FOLDER } from "./pending-invites.ts";

type Listing = AnswerOf<typeof OPERATIONS.conversations>;
type Listed = Listing["conversations"][number];

const LOOK_MS = 500;

export interface JoinWatching {
  /** Only what was joined since then counts. */
  readonly sinceMs: number;
  /** Gives up waiting; the join stays pending. */
  readonly signal: AbortSignal;
  /** Called with a line about where things are, several times a second. */
  readonly show: (text: string) => void;
}

/**
 * Resolves when the account is in the conversation that the stored invite leads to; with undefined when the signal aborts.
 *
 * @throws ConvosChannelError: the invite leads nowhere; what opening the account throws.
 */
export async function watchJoin(
  context: OperatorContext,
  watching: JoinWatching,
): Promise<Listed | undefined> {
  const look = (): Promise<Listing | undefined> =>
    askGateway(context, OPERATIONS.conversations, {});
  if ((await look()) === undefined) {
    try {
      return await watchHere(context, watching);
    } catch (error) {
      // A gateway that was just told of the account has started it meanwhile; it answers once the account is up.
      if (!(error instanceof ConvosChannelError) || error.code !== "already_running") throw error;
    }
  }
  return await wait(context, watching, look, () => undefined);
}

async function watchHere(
  context: OperatorContext,
  watching: JoinWatching,
): Promise<Listed | undefined> {
  const { account, now, stateDir } = context;
  await using opened = new AsyncDisposableStack();
  const claimed = await claimIdentity({ stateDir, account, signal: watching.signal });
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  const refused: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (line: string) => void refused.push(line),
  };
  const connection = opened.use(
    await openConnection({ identity, account, folder: folder.path, log }),
  );
  const stop = new AbortController();
  const place = { folder: folder.path, identity };
  const working = runTogether(stop.signal, [
    (ending) => connection.run(ending),
    (ending) =>
      joinStoredInvites({
        place,
        connection,
        log,
        signal: ending,
        onError: () => undefined,
        lookMs: LOOK_MS,
      }),
  ]);
  const operated = { controls: connection.controls, folder: folder.path, now };
  const look = (): Promise<Listing> => OPERATIONS.conversations.run(operated, {});
  try {
    return await Promise.race([
      wait(context, watching, look, () => refused.at(-1)),
      working.then(() => undefined),
    ]);
  } finally {
    stop.abort();
    await working.catch(() => undefined);
  }
}

async function wait(
  { account, now, stateDir }: OperatorContext,
  { show, signal, sinceMs }: JoinWatching,
  look: () => Promise<Listing | undefined>,
  findRefusal: () => string | undefined,
): Promise<Listed | undefined> {
  const startedAtMs = now();
  while (!signal.aborted) {
    // First: an invite that is not stored any more has become a join by the time of the look, or was refused.
    const isStored = await hasStoredInvite(stateDir, account);
    const listing = await look();
    const joined = listing?.conversations.find(({ createdAtMs }) => createdAtMs >= sinceMs);
    if (joined !== undefined) return joined;
    const isAsked = (listing?.joins.length ?? 0) > 0;
    const refused = listing?.refusedJoins.find(({ requestedAtMs }) => requestedAtMs >= sinceMs);
    if (refused !== undefined || (listing !== undefined && !isStored && !isAsked)) {
      const reason =
        refused === undefined ? findRefusal() : `the join was refused: ${refused.reason}`;
      throw new ConvosChannelError(
        "command_refused",
        `convos: ${reason ?? "the invite leads nowhere"}. Ask for a new one, then: openclaw convos join`,
      );
    }
    show(describeProgress(isAsked, now() - startedAtMs));
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

function describeProgress(isAsked: boolean, elapsedMs: number): string {
  const clock = formatElapsed(elapsedMs);
  return isAsked
    ? `identity ok -> invite ok -> waiting for approval in the Convos app ${clock} [Ctrl-C keeps it pending]`
    : `identity ok -> asking the XMTP network about the invite ${clock} [Ctrl-C keeps it pending]`;
}

async function hasStoredInvite(stateDir: string, account: ResolvedConvosAccount): Promise<boolean> {
  const found = await findIdentity({ stateDir, channelId: CHANNEL_ID }, account);
  if (found === undefined) return false;
  const names = await readdir(path.join(found.path, PENDING_FOLDER)).catch(() => []);
  return names.length > 0;
}
