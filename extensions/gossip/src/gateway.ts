// One account from start to stop. The only room that knows all others: client → inbound → gate → dispatch → outbound.
import { randomBytes } from "node:crypto";
import path from "node:path";
import {
  createApprovalWatcher,
  createPairingDesk,
  createRevocationWatch,
  requireChannelRuntime,
} from "channel-access";
import {
  createMergingMonitor,
  createOperatorView,
  openDurableStore,
  openErasure,
  openIngressQueue,
  openOutbox,
  openTurnBudget,
  openWaitingList,
  runDurableAccount,
  tryParseStoredIngressEvent,
  type OutboxOptions,
} from "channel-durability";
import type { ChannelPlugin, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { createAccountStatusSink } from "openclaw/plugin-sdk/channel-outbound";
import { createRuntimeConfigReader } from "openclaw/plugin-sdk/runtime-config-snapshot";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import {
  deriveDurableKey,
  identityMaker,
  openConnection,
  type ConnectionOptions,
} from "./client.ts";
import { CHANNEL_ID, DURABLE_FILE } from "./config-schema.ts";
import { createDeadLetterDesk, readSender } from "./dead-letters.ts";
import { toStartError } from "./errors.ts";
import { readFigures } from "./figures.ts";
import { forgetPerson } from "./forget-person.ts";
import { createGossipGate } from "./gate.ts";
import { sessionFile } from "./identity-file.ts";
import { inboundCodec, inspectInbound, messageKey } from "./inbound.ts";
import { createInboundHandler } from "./inbound-handler.ts";
import { keepRetention } from "./keep-retention.ts";
import {
  createMessageBody,
  MESSAGE_ID_BYTES,
  parseGossipMessageBody,
  type GossipMessageBody,
} from "./message-body.ts";
import { createNoticeLimit } from "./notice-limit.ts";
import { createGossipTransport } from "./outbound.ts";
import { createOwnerDesk } from "./owner-desk.ts";
import { resendWhenConnected } from "./resend.ts";
import { reviewContacts } from "./review-contacts.ts";
import { receiveEvents, type ReceiveOptions } from "./receive.ts";
import { afterAbort, runBeside, runTogether } from "./run-together.ts";
import { getGossipRuntime, registerLiveAccount } from "./runtime.ts";
import { runWithGoodSecret, secretRotation } from "./secret-rotation.ts";
import { createStatusReporter, type StatusReporter } from "./status-reporter.ts";
import { createChatStrings, type ChatStrings } from "./strings.ts";
import { takeBackUnsent } from "./take-back.ts";
import { tryParseAllowEntry, tryParseGossipId } from "./targets.ts";
import { createBudgetDesk, toTurnLimits } from "./turn-budget.ts";
import { createTurnTiming } from "./turn-timing.ts";
import { whenAdmitted } from "./when-admitted.ts";

type StartAccount = NonNullable<
  NonNullable<ChannelPlugin<ResolvedGossipAccount>["gateway"]>["startAccount"]
>;
type AccountContext = Parameters<StartAccount>[0];

/** What an account needs of the host beside its context. */
export interface GossipHost {
  readonly stateDir: string;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  /** For tests that cannot wait for polls. */
  readonly polling?: ConnectionOptions["polling"];
  /** For crash tests, which stop at each step. */
  readonly checkpoints?: {
    readonly receive: NonNullable<ReceiveOptions["checkpoint"]>;
    readonly outbox: NonNullable<OutboxOptions<GossipMessageBody>["checkpoint"]>;
  };
}

/** How long a "You're in" waits for what its receiver wrote before; it is tried again when that takes longer. */
const CATCH_UP_MS = 30_000;

/** How long a stop lets answers of turns that just end reach the relay. The host waits five seconds for a stop. */
const STOP_GRACE_MS = 3000;

/**
 * Runs one account until the host aborts it; everything it opened is closed when this settles.
 *
 * @throws GossipChannelError when the account cannot start. The host shows the message, and tries again unless the
 * status says that only the operator can help.
 */
export async function startGossipAccount(
  context: AccountContext,
  readHost: () => GossipHost = readRuntime,
): Promise<void> {
  const { abortSignal, accountId, log, setStatus } = context;
  const sink = createAccountStatusSink({ accountId, setStatus });
  const report = createStatusReporter({ sink, log, accountId });
  try {
    await runWithGoodSecret(
      context.account,
      (account) => runAccount({ ...context, account }, readHost(), report),
      (line) => log?.warn(`[${accountId}] ${line}`),
    );
  } catch (error) {
    // A stop during the start is a stop.
    if (abortSignal.aborted) return;
    const failure = toStartError(error);
    report.failed(failure);
    throw failure;
  }
}

function readRuntime(): GossipHost {
  const { state, system } = getGossipRuntime();
  return { stateDir: state.resolveStateDir(process.env), system };
}

async function runAccount(
  context: AccountContext,
  host: GossipHost,
  report: StatusReporter,
): Promise<void> {
  const { abortSignal: signal, account, accountId } = context;
  const channelRuntime = requireChannelRuntime(context.channelRuntime);
  const readConfig = createRuntimeConfigReader(context.cfg);
  const onError = (error: unknown, what: string): void => report.trouble(what, error);
  await using opened = new AsyncDisposableStack();

  const claimed = await claimIdentity({
    stateDir: host.stateDir,
    account,
    maker: identityMaker,
    now: Date.now,
    signal,
    onSkipped: (folder) => context.log?.warn(`[${accountId}] no lock in ${folder}: not ours`),
  });
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  secretRotation.started(account, identity.userId);
  report.identified(identity.userId, {
    created: claimed.created,
    sessionFile: sessionFile(folder),
  });
  warnAboutEntries(context);

  const gate = createGossipGate({
    accountId,
    runtime: channelRuntime,
    readConfig,
    log: (line) => context.log?.info(`[${accountId}] ${line}`),
  });
  const ownerDesk = createOwnerDesk();
  const connection = opened.use(
    await openConnection({
      identity,
      protocolUrl: account.protocolUrl,
      folder: folder.path,
      displayName: account.username,
      log: prefixLog(context),
      ...(host.polling === undefined ? {} : { polling: host.polling }),
      judgeContact: async (userId) => {
        const verdict = await gate.judgeContact(userId);
        return verdict === "rejected" && ownerDesk.isOpen() ? "accepted" : verdict;
      },
    }),
  );

  const key = deriveDurableKey(identity);
  const store = openDurableStore({ path: path.join(folder.path, DURABLE_FILE), key });
  key.fill(0);
  const queue = openIngressQueue({
    store,
    channelId: CHANNEL_ID,
    accountId,
    tryParsePayload: tryParseStoredIngressEvent,
  });
  const waiting = openWaitingList({ store });
  const outbox = openOutbox({
    store,
    transport: createGossipTransport({
      connection,
      onSent: () => report.sent(),
      mayLeave: (body) => gate.mayResend(body),
      giveUp: afterAbort(signal, STOP_GRACE_MS),
    }),
    parseBody: parseGossipMessageBody,
    mayResend: ({ body }) => gate.mayResend(body),
    onDropped: ({ reason }) => onError(undefined, `a waiting message was given up: ${reason}`),
    onError: (error) => onError(error, "a message could not be sent"),
    ...(host.checkpoints === undefined ? {} : { checkpoint: host.checkpoints.outbox }),
  });
  const readAccount = (): ResolvedGossipAccount => resolveGossipAccount(readConfig(), accountId);
  const readStrings = (): ChatStrings => createChatStrings(readAccount().strings);
  const watcher = createApprovalWatcher({
    waiting,
    isAdmitted: (senderId) => gate.isAdmitted(senderId),
    readAll: (senderId) =>
      connection.catchUp(senderId, AbortSignal.any([signal, AbortSignal.timeout(CATCH_UP_MS)])),
    normalize: tryParseGossipId,
    tell: async (senderId, noticeId) => {
      connection.trust(senderId);
      const body = createMessageBody(senderId, readStrings().approved);
      await outbox.send({ queueId: noticeId, partIndex: 0, target: senderId, body });
    },
    onError: (error) => onError(error, "an approved sender could not be told"),
  });
  const revocations = createRevocationWatch({
    isAdmitted: (senderId) => gate.isAdmitted(senderId),
    onRevoked: (senderId) => {
      context.log?.info(`[${accountId}] a turn was ended: its person lost access`);
      outbox.dropTarget(senderId);
    },
    onError: (error) => onError(error, "access could not be asked for during a turn"),
  });
  const handler = createInboundHandler({
    accountId,
    gate,
    desk: createPairingDesk({
      channelId: CHANNEL_ID,
      accountId,
      runtime: channelRuntime,
      waiting,
      onError: (error) => onError(error, "a pairing code could not be sent"),
    }),
    waiting,
    outbox,
    turnRuntime: channelRuntime,
    system: host.system,
    notices: createNoticeLimit(),
    revocations,
    trust: (userId) => connection.trust(userId),
    readConfig,
    onError: (error, stage) => onError(error, `turn: ${stage} failed`),
  });
  const timing = createTurnTiming({
    startedAtMs: Date.now(),
    readConfig,
    readBacklog: () => readAccount().backlog,
  });
  const budget = createBudgetDesk({
    budget: openTurnBudget({ store, readLimits: () => toTurnLimits(readAccount().turnBudget) }),
    outbox,
    notice: () => readStrings().budgetUsedUp,
    onError: (error) => onError(error, "a person over the turn budget could not be told"),
  });
  const monitor = createMergingMonitor({
    queue,
    inspect: inspectInbound,
    codec: inboundCodec,
    judge: (facts) => handler.judge(facts),
    runTurn: (facts, lifecycle) => handler.runTurn(facts, lifecycle),
    quietMs: (facts) => timing.quietMs(facts),
    mayJoin: (facts, collected) => timing.mayJoin(facts, collected),
    mayBegin: (facts) => budget.mayBegin(facts),
    holdsLane: (laneKey) => budget.holdsLane(laneKey),
    log: (line) => context.log?.debug?.(`[${accountId}] ${line}`),
    onError: (error) => onError(error, "the inbound queue failed"),
  });
  const view = createOperatorView({ store, queue, readSender });
  const erasure = openErasure(store);
  opened.defer(
    registerLiveAccount(accountId, {
      userId: identity.userId,
      outbox,
      isOurs: (peer, messageId) => connection.isOurs(peer, messageId),
      isTheirs: (peer, messageId) => view.hasEvent(messageKey(peer, messageId)),
      takeBack: (to, messageId) => takeBackUnsent({ connection, outbox }, to, messageId),
      forgetPerson: (userId) =>
        forgetPerson(
          { connection, erasure, outbox, isAdmitted: (id) => gate.isAdmitted(id), signal },
          userId,
        ),
      tellApproved: (senderId) => watcher.tellOnce(senderId),
      ownerDesk,
      deadLetters: createDeadLetterDesk(view, erasure),
      welcomeOwner: async (senderId) => {
        connection.trust(senderId);
        try {
          // A stop is most often the restart that brings the new list: the client keeps the greeting for it.
          await whenAdmitted(() => gate.isAdmitted(senderId), signal).catch(() => undefined);
          const body = createMessageBody(senderId, readStrings().ownerWelcome);
          await connection.queueBody(
            { ...body, purpose: "operator" },
            randomBytes(MESSAGE_ID_BYTES),
          );
        } catch (error) {
          onError(error, "the new owner could not be greeted");
        }
      },
      figures: () =>
        readFigures(
          () => view.counts(),
          () => connection.status(),
          () => budget.countHeld(),
        ),
    }),
  );

  // The connection outlives the durable half: answers of turns that end during a stop still go out.
  await runBeside(
    (connected) => connection.run(connected),
    (failed) =>
      runDurableAccount({
        store,
        monitor,
        outbox,
        signal: AbortSignal.any([signal, failed]),
        onError: (error) => onError(error, "waiting messages could not be sent again"),
        receive: (receiving) =>
          runTogether(receiving, [
            (ending) =>
              receiveEvents({
                connection,
                monitor,
                erasure,
                countWaiting: (laneKey) => view.countPending(laneKey),
                onReceived: () => report.received(),
                takesOver: (facts) => ownerDesk.offer(facts),
                onNotStored: (error) => onError(error, "an incoming message could not be stored"),
                signal: ending,
                ...(host.checkpoints === undefined ? {} : { checkpoint: host.checkpoints.receive }),
              }),
            (ending) => watcher.run({ signal: ending }),
            (ending) => revocations.run({ signal: ending }),
            (ending) =>
              keepRetention({
                connection,
                erasure,
                signal: ending,
                onError: (error) => onError(error, "expired messages could not be deleted"),
              }),
            (ending) =>
              reviewContacts(connection, ending, (error) =>
                onError(error, "a waiting contact request could not be judged"),
              ),
            (ending) =>
              resendWhenConnected({
                connection,
                outbox,
                countUnsent: () => view.counts().unsent,
                signal: ending,
                onError: (error) => onError(error, "waiting messages could not be sent again"),
              }),
            (ending) => report.follow(connection, ending),
          ]),
      }),
  );
}

function prefixLog({ accountId, log }: AccountContext): ConnectionOptions["log"] {
  return {
    debug: (line) => log?.debug?.(`[${accountId}] ${line}`),
    info: (line) => log?.info(`[${accountId}] ${line}`),
    warn: (line) => log?.warn(`[${accountId}] ${line}`),
  };
}

function warnAboutEntries({ account, accountId, log }: AccountContext): void {
  const wrong = account.allowFrom.filter((entry) => tryParseAllowEntry(entry) === undefined).length;
  if (wrong === 0) return;
  log?.warn(
    `[${accountId}] ${wrong} entries of allowFrom are no Gossip user ids and let nobody in`,
  );
}
