// The durable half of one account: queue, outbox, and everybody who works on them, joined once for every channel. What is
// the protocol's comes in as arguments.
import path from "node:path";
import {
  createApprovalWatcher,
  createRevocationWatch,
  type ApprovalWatcher,
  type RevocationWatch,
} from "channel-access";
import {
  createMergingMonitor,
  createOperatorView,
  openDurableStore,
  openErasure,
  openIngressQueue,
  openOutbox,
  openSealedRecord,
  openTurnBudget,
  openWaitingList,
  runDurableAccount,
  tryParseStoredIngressEvent,
  type DroppedRow,
  type Erasure,
  type IngressEventCodec,
  type MergingMonitorOptions,
  type OperatorView,
  type Outbox,
  type OutboxOptions,
  type OutboxTransport,
  type SealedRecord,
  type SealedRecordOptions,
  type WaitingList,
} from "channel-durability";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { DURABLE_FILE } from "./account-channel.ts";
import { createDeadLetterDesk, createSenderReader, type DeadLetterDesk } from "./dead-letters.ts";
import { dropRefused, dropRefusedOnce } from "./drop-refused.ts";
import { createSenderEraser, type EraseSenders } from "./erase-senders.ts";
import type { ConnectionState } from "./figures.ts";
import {
  receiveEvents,
  type EventSource,
  type IncomingEvent,
  type ReceiveOptions,
} from "./receive.ts";
import { resendWhenConnected } from "./resend.ts";
import { afterAbort, runBeside, runTogether, type Task } from "./run-together.ts";
import type { StatusReporter } from "./status-reporter.ts";
import { createBudgetDesk, isOwnersBudget, toTurnLimits } from "./turn-budget.ts";
import { createTurnTiming, type Backlog, type TimedFacts } from "./turn-timing.ts";

/** How long a stop lets answers of turns that just end reach the network. The host waits five seconds for a stop. */
const STOP_GRACE_MS = 3000;

/** How long a "You're in" waits for what its receiver wrote before; it is tried again when that takes longer. */
const CATCH_UP_MS = 30_000;

/** A protocol client at work, as far as the durable half goes. */
export interface AccountConnection<TEvent extends IncomingEvent> extends EventSource<TEvent> {
  /** Connects, sends, and receives until the signal aborts. A network out of reach is waited for, not reported here. */
  run(signal: AbortSignal): Promise<void>;
  status(): ConnectionState;
  onStatusChange(listener: () => void): () => void;
}

/** What the protocol's events mean to the queue. All of it is pure. */
export interface FactRules<TEvent extends IncomingEvent, TFacts extends TimedFacts> {
  /** Undefined when the channel has nothing to do with the event. */
  readonly toFacts: (event: TEvent) => TFacts | undefined;
  /** Queue id and lane: facts of one lane are handled one after another, in order. */
  readonly inspect: (facts: TFacts) => { readonly eventId: string; readonly laneKey: string };
  readonly codec: IngressEventCodec<TFacts>;
  /** Who caused the facts, and where: access is asked for by it. */
  readonly senderOf: (facts: TFacts) => string;
  /** Who caused the facts, the same in every conversation: turns are counted by it. */
  readonly personOf: (facts: TFacts) => string;
  /** The text of a message; undefined for facts of another kind. */
  readonly textOf: (facts: TFacts) => string | undefined;
  /** What its writer says himself in it, without what he passes on; default: all of its text. */
  readonly ownTextOf?: (facts: TFacts) => string | undefined;
  /** The queue id of the message that these facts take back. */
  readonly takesBack?: (facts: TFacts) => string | undefined;
}

/** The rooms of a running account. */
export interface AccountRooms<TBody> {
  readonly outbox: Outbox<TBody>;
  readonly waiting: WaitingList;
  readonly erasure: Erasure;
  readonly eraseSenders: EraseSenders;
  readonly view: OperatorView;
  readonly approvals: ApprovalWatcher;
  readonly revocations: RevocationWatch;
  readonly deadLetters: DeadLetterDesk;
  /** People whose messages wait because they used up the turn budget. */
  readonly countHeld: () => number;
  /** Opens a small value of the channel's own in the account's database. Once per name. */
  readonly openRecord: <T>(
    value: Pick<SealedRecordOptions<T>, "empty" | "name" | "parse">,
  ) => SealedRecord<T>;
}

export interface AccountRoomsOptions<
  TEvent extends IncomingEvent,
  TFacts extends TimedFacts,
  TBody,
> {
  readonly channelId: string;
  readonly accountId: string;
  /** The identity's own folder. */
  readonly folder: string;
  /** Key of queue and outbox; wiped here. */
  readonly durableKey: Uint8Array;
  readonly connection: AccountConnection<TEvent>;
  readonly facts: FactRules<TEvent, TFacts>;
  readonly parseBody: (value: unknown) => TBody;
  /** @param giveUp - Aborts when nobody can wait for the network any longer: the account is stopping. */
  readonly createTransport: (giveUp: AbortSignal) => OutboxTransport<TBody>;
  /** May a message of an earlier attempt still go out? Asked again while it waits: who loses access gets no answer. */
  readonly mayResend: (body: TBody) => Promise<boolean>;
  /** Would a message of this person be heard now? */
  readonly isAdmitted: (senderId: string) => Promise<boolean>;
  /**
   * Takes a message that was given up out of the protocol client's own queue, if it has not left.
   *
   * @returns True when it could not be stopped: the network gets it as soon as it answers.
   */
  readonly takeBack: (message: NonNullable<DroppedRow["message"]>) => boolean;
  readonly approvals: {
    readonly normalize: (text: string) => string | undefined;
    /** Resolves when everything is stored here that this person has written by now. */
    readonly catchUp: (senderId: string, signal: AbortSignal) => Promise<void>;
    /** Tells a sender that he may write now, once per `noticeId`. */
    readonly tell: (senderId: string, noticeId: string, outbox: Outbox<TBody>) => Promise<void>;
  };
  /** Owners as `personOf` knows them, now: they wait for none of what others used up of the account's turn budget. */
  readonly listOwners: () => readonly string[];
  /** Tells the person of these facts, who wrote more than the turn budget allows. */
  readonly tellOverBudget: (facts: TFacts, outbox: Outbox<TBody>) => Promise<unknown>;
  readonly readConfig: () => OpenClawConfig;
  readonly readSettings: () => {
    readonly backlog: Backlog;
    readonly turnBudget: { readonly perPerson: number; readonly perAccount: number };
  };
  /** What happens to stored facts. */
  readonly createHandler: (
    rooms: AccountRooms<TBody>,
  ) => Pick<MergingMonitorOptions<TFacts>, "judge" | "runTurn">;
  /** Told of each fact before it is stored; true when it is dealt with and is not to be stored. */
  readonly takesOver: (facts: TFacts) => boolean;
  /** Makes the running account known to the host's side; the returned function forgets it. */
  readonly register: (rooms: AccountRooms<TBody>) => () => void;
  /** The protocol's own loops, which end with the account. */
  readonly companions: (rooms: AccountRooms<TBody>) => readonly Task[];
  readonly report: StatusReporter;
  readonly log: (level: "debug" | "info", line: string) => void;
  readonly signal: AbortSignal;
  /** For crash tests, which stop at each step. */
  readonly checkpoints?: {
    readonly receive: NonNullable<ReceiveOptions<TEvent, TFacts>["checkpoint"]>;
    readonly outbox: NonNullable<OutboxOptions<TBody>["checkpoint"]>;
  };
}

/** Runs the durable half of an account, and its connection beside it, until the signal aborts or one of them fails. */
export async function runAccountRooms<
  TEvent extends IncomingEvent,
  TFacts extends TimedFacts,
  TBody,
>(options: AccountRoomsOptions<TEvent, TFacts, TBody>): Promise<void> {
  const { accountId, channelId, checkpoints, connection, durableKey, facts, report } = options;
  const onError = (error: unknown, what: string): void => report.trouble(what, error);
  const store = openDurableStore({
    path: path.join(options.folder, DURABLE_FILE),
    key: durableKey,
  });
  durableKey.fill(0);
  const tryParsePayload = tryParseStoredIngressEvent;
  const queue = openIngressQueue({ store, channelId, accountId, tryParsePayload });
  const waiting = openWaitingList({ store });
  const outbox = openOutbox({
    store,
    transport: options.createTransport(afterAbort(options.signal, STOP_GRACE_MS)),
    parseBody: options.parseBody,
    mayResend: ({ body }) => options.mayResend(body),
    onDropped: ({ message, reason }) => {
      const isLeaving = message !== undefined && options.takeBack(message);
      const tooLate = isLeaving ? " too late to stop it" : "";
      onError(undefined, `a waiting message was given up${tooLate}: ${reason}`);
    },
    onError: (error) => onError(error, "a message could not be sent"),
    ...(checkpoints === undefined ? {} : { checkpoint: checkpoints.outbox }),
  });
  const readSender = createSenderReader((raw) => facts.senderOf(facts.codec.parse(raw)));
  const view = createOperatorView({ store, queue, readSender });
  const erasure = openErasure(store);
  const readLimits = () => toTurnLimits(options.readSettings().turnBudget);
  const revocations = watchRevocations(options, onError);
  const budget = createBudgetDesk<TFacts>({
    budget: openTurnBudget({
      store,
      readLimits,
      waitsForOthers: (budgetKey) => !isOwnersBudget(options.listOwners(), budgetKey),
    }),
    textOf: facts.ownTextOf ?? facts.textOf,
    isAnswering: (one) => revocations.isWorking(facts.senderOf(one)),
    personOf: facts.personOf,
    laneOf: (one) => facts.inspect(one).laneKey,
    tell: (one) => options.tellOverBudget(one, outbox),
    onError: (error) => onError(error, "a person over the turn budget could not be told"),
  });
  const rooms: AccountRooms<TBody> = {
    outbox,
    waiting,
    erasure,
    eraseSenders: createSenderEraser({ erasure, queue, readSender }),
    view,
    approvals: watchApprovals(options, waiting, outbox, onError),
    revocations,
    deadLetters: createDeadLetterDesk(view, erasure),
    countHeld: () => budget.countHeld(),
    openRecord: (value) =>
      openSealedRecord({
        ...value,
        store,
        onDamaged: (error) => onError(error, `the record ${value.name} is damaged and begins anew`),
      }),
  };
  const handler = options.createHandler(rooms);
  const timing = createTurnTiming({
    channelId,
    textOf: facts.textOf,
    startedAtMs: Date.now(),
    readConfig: options.readConfig,
    readBacklog: () => options.readSettings().backlog,
  });
  const monitor = createMergingMonitor<TFacts>({
    queue,
    inspect: (one) => facts.inspect(one),
    codec: facts.codec,
    judge: (one) => handler.judge(one),
    runTurn: (some, lifecycle) => handler.runTurn(some, lifecycle),
    quietMs: (one) => timing.quietMs(one),
    mayJoin: (one, collected) => timing.mayJoin(one, collected),
    mayBegin: (one) => budget.mayBegin(one),
    holdsLane: (laneKey) => budget.holdsLane(laneKey),
    passesHold: (one) => budget.isStop(one),
    log: (line) => options.log("debug", line),
    onError: (error) => onError(error, "the inbound queue failed"),
  });
  const dropping = {
    outbox,
    countUnsent: () => view.counts().unsent,
    onError: (error: unknown) => onError(error, "waiting messages could not be looked at"),
  };
  // The client sends what it has as soon as it is connected: not to somebody who lost access while nothing ran.
  await dropRefusedOnce(dropping);
  const forget = options.register(rooms);
  try {
    // The connection outlives the durable half: answers of turns that end during a stop still go out.
    await runBeside(
      (connected) => connection.run(connected),
      (failed) =>
        runDurableAccount({
          store,
          monitor,
          outbox,
          signal: AbortSignal.any([options.signal, failed]),
          onError: (error) => onError(error, "waiting messages could not be sent again"),
          receive: (receiving) =>
            runTogether(receiving, [
              receiveTask(
                options,
                rooms,
                { monitor, isUrgent: (one) => budget.isStop(one) },
                onError,
              ),
              (ending) => rooms.approvals.run({ signal: ending }),
              (ending) => rooms.revocations.run({ signal: ending }),
              (ending) => dropRefused({ ...dropping, signal: ending }),
              (ending) =>
                resendWhenConnected({
                  connection,
                  outbox,
                  countUnsent: () => view.counts().unsent,
                  signal: ending,
                  onError: (error) => onError(error, "waiting messages could not be sent again"),
                }),
              (ending) => report.follow(connection, ending),
              ...options.companions(rooms),
            ]),
        }),
    );
  } finally {
    forget();
  }
}

type OnError = (error: unknown, what: string) => void;

function watchApprovals<TEvent extends IncomingEvent, TFacts extends TimedFacts, TBody>(
  { approvals, isAdmitted, signal }: AccountRoomsOptions<TEvent, TFacts, TBody>,
  waiting: WaitingList,
  outbox: Outbox<TBody>,
  onError: OnError,
): ApprovalWatcher {
  return createApprovalWatcher({
    waiting,
    isAdmitted,
    readAll: (senderId) =>
      approvals.catchUp(senderId, AbortSignal.any([signal, AbortSignal.timeout(CATCH_UP_MS)])),
    normalize: approvals.normalize,
    tell: (senderId, noticeId) => approvals.tell(senderId, noticeId, outbox),
    onError: (error) => onError(error, "an approved sender could not be told"),
  });
}

function watchRevocations<TEvent extends IncomingEvent, TFacts extends TimedFacts, TBody>(
  { isAdmitted, log }: AccountRoomsOptions<TEvent, TFacts, TBody>,
  onError: OnError,
): RevocationWatch {
  return createRevocationWatch({
    isAdmitted,
    onRevoked: () => log("info", "a turn was ended: its person lost access"),
    onError: (error) => onError(error, "access could not be asked for during a turn"),
  });
}

function receiveTask<TEvent extends IncomingEvent, TFacts extends TimedFacts, TBody>(
  options: AccountRoomsOptions<TEvent, TFacts, TBody>,
  { erasure, view }: AccountRooms<TBody>,
  queue: Pick<ReceiveOptions<TEvent, TFacts>, "isUrgent" | "monitor">,
  onError: OnError,
): Task {
  const { checkpoints, connection, facts, report } = options;
  return (ending) =>
    receiveEvents<TEvent, TFacts>({
      connection,
      toFacts: facts.toFacts,
      laneOf: (one) => facts.inspect(one).laneKey,
      ...(facts.takesBack === undefined ? {} : { takesBack: facts.takesBack }),
      ...queue,
      erasure,
      countWaiting: (laneKey) => view.countPending(laneKey),
      onReceived: () => report.received(),
      takesOver: options.takesOver,
      onNotStored: (error) => onError(error, "an incoming message could not be stored"),
      signal: ending,
      ...(checkpoints === undefined ? {} : { checkpoint: checkpoints.receive }),
    });
}
