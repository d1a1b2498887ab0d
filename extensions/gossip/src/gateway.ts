// One account from start to stop. The only room that knows all others: client → inbound → gate → dispatch → outbound.
import { randomBytes } from "node:crypto";
import { createPairingDesk } from "channel-access";
import {
  claimAccount,
  createNoticeLimit,
  createOwnerDesk,
  describeLive,
  runAccountRooms,
  sessionFile,
  startAccount,
  type AccountContext,
  type AccountLog,
  type AccountRooms,
  type AccountRoomsOptions,
  type AccountStart,
  type OwnerDesk,
} from "channel-kit";
import type { GossipEvent } from "gossip-sdk";
import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import { resolveGossipAccount, type ResolvedGossipAccount } from "./accounts.ts";
import {
  deriveDurableKey,
  openConnection,
  type ConnectionOptions,
  type GossipConnection,
} from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { pickOwnFigures } from "./figures.ts";
import { forgetPerson } from "./forget-person.ts";
import { createGossipGate, type GossipGate } from "./gate.ts";
import { factRules, messageKey, type InboundFacts } from "./inbound.ts";
import { createInboundHandler } from "./inbound-handler.ts";
import { keepRetention } from "./keep-retention.ts";
import {
  createMessageBody,
  MESSAGE_ID_BYTES,
  parseGossipMessageBody,
  type GossipMessageBody,
} from "./message-body.ts";
import { createGossipTransport } from "./outbound.ts";
import { listGossipOwners } from "./owner-grant.ts";
import { reviewContacts } from "./review-contacts.ts";
import { getGossipRuntime, registerLiveAccount, type LiveAccount } from "./runtime.ts";
import { phrases } from "./secret-rotation.ts";
import { createChatStrings, type ChatStrings } from "./strings.ts";
import { takeBackUnsent } from "./take-back.ts";
import { tryParseListEntry, tryParseGossipId } from "./targets.ts";

/** What an account needs of the host beside its context. */
export interface GossipHost {
  readonly stateDir: string;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  /** For tests that cannot wait for polls. */
  readonly polling?: ConnectionOptions["polling"];
  /** For crash tests, which stop at each step. */
  readonly checkpoints?: NonNullable<
    AccountRoomsOptions<GossipEvent, InboundFacts, GossipMessageBody>["checkpoints"]
  >;
}

/**
 * Runs one account until the host aborts it; everything it opened is closed when this settles.
 *
 * @throws GossipChannelError when the account cannot start, see {@link startAccount}.
 */
export async function startGossipAccount(
  context: AccountContext<ResolvedGossipAccount>,
  readHost: () => GossipHost = readRuntime,
): Promise<void> {
  const host = readHost();
  await startAccount(gossipChannel, phrases, context, host, (start) => runAccount(start, host));
}

function readRuntime(): GossipHost {
  const { state, system } = getGossipRuntime();
  return { stateDir: state.resolveStateDir(process.env), system };
}

async function runAccount(
  start: AccountStart<ResolvedGossipAccount>,
  host: GossipHost,
): Promise<void> {
  const { account, accountId, channelRuntime, log, onError, readConfig, report, signal } = start;
  await using opened = new AsyncDisposableStack();

  const claimed = await claimAccount(gossipChannel, start);
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  phrases.rotation.started(account, identity.userId);
  report.identified(identity.userId, {
    created: claimed.created,
    sessionFile: sessionFile(folder),
  });
  warnAboutEntries(account, log);

  const gate = createGossipGate({
    accountId,
    runtime: channelRuntime,
    readConfig,
    log: (line) => log.info(line),
  });
  const ownerDesk = createOwnerDesk();
  const connection = opened.use(
    await openConnection({
      identity,
      protocolUrl: account.protocolUrl,
      folder: folder.path,
      displayName: account.username,
      log,
      ...(host.polling === undefined ? {} : { polling: host.polling }),
      judgeContact: async (userId) => {
        const verdict = await gate.judgeContact(userId);
        return verdict === "rejected" && ownerDesk.isOpen() ? "accepted" : verdict;
      },
    }),
  );
  const readAccount = (): ResolvedGossipAccount => resolveGossipAccount(readConfig(), accountId);
  const readStrings = (): ChatStrings => createChatStrings(readAccount().strings);
  const parts: LiveParts = { connection, gate, ownerDesk, readStrings, signal };

  await runAccountRooms({
    channelId: CHANNEL_ID,
    accountId,
    folder: folder.path,
    durableKey: deriveDurableKey(identity),
    connection,
    facts: factRules,
    parseBody: parseGossipMessageBody,
    createTransport: (giveUp) =>
      createGossipTransport({
        connection,
        onSent: () => report.sent(),
        mayLeave: (body) => gate.mayResend(body),
        isNamed: (userId) => gate.isNamed(userId),
        giveUp,
      }),
    mayResend: (body) => gate.mayResend(body),
    isAdmitted: (senderId) => gate.isAdmitted(senderId),
    takeBack: (message) =>
      connection.takeBack(message.target, message.messageId(MESSAGE_ID_BYTES)) === "on-its-way",
    approvals: {
      normalize: tryParseGossipId,
      catchUp: (senderId, until) => connection.catchUp(senderId, until),
      tell: async (senderId, noticeId, outbox) => {
        connection.trust(senderId);
        const body = createMessageBody(senderId, readStrings().approved);
        await outbox.send({ queueId: noticeId, partIndex: 0, target: senderId, body });
      },
    },
    listOwners: () => listGossipOwners(readConfig()),
    tellOverBudget: ({ peer }, outbox) =>
      outbox.sendBestEffort(createMessageBody(peer, readStrings().budgetUsedUp)),
    readConfig,
    readSettings: readAccount,
    createHandler: ({ outbox, revocations, waiting }) =>
      createInboundHandler({
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
      }),
    takesOver: (facts) => facts.kind === "message" && ownerDesk.offer(facts.peer, facts.text),
    register: (rooms) => registerLiveAccount(accountId, createLiveAccount(parts, rooms)),
    companions: ({ erasure }) => [
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
    ],
    report,
    log: (level, line) => log[level](line),
    signal,
    ...(host.checkpoints === undefined ? {} : { checkpoints: host.checkpoints }),
  });
}

interface LiveParts {
  readonly connection: GossipConnection;
  readonly gate: GossipGate;
  readonly ownerDesk: OwnerDesk;
  readonly readStrings: () => ChatStrings;
  readonly signal: AbortSignal;
}

/** What the running account offers to commands, actions, and status. */
function createLiveAccount(
  { connection, gate, ownerDesk, readStrings, signal }: LiveParts,
  rooms: AccountRooms<GossipMessageBody>,
): LiveAccount {
  const { erasure, outbox, view } = rooms;
  return {
    ...describeLive(connection, rooms, pickOwnFigures),
    ownerDesk,
    isOurs: (peer, messageId) => connection.isOurs(peer, messageId),
    isTheirs: (peer, messageId) => view.hasEvent(messageKey(peer, messageId)),
    takeBack: (to, messageId) => takeBackUnsent({ connection, outbox }, to, messageId),
    forgetPerson: (userId) =>
      forgetPerson(
        { connection, erasure, outbox, isAdmitted: (id) => gate.isAdmitted(id), signal },
        userId,
      ),
    welcomeOwner: async (senderId) => {
      connection.trust(senderId);
      if (!(await gate.isAdmitted(senderId))) return false;
      const body = createMessageBody(senderId, readStrings().ownerWelcome);
      await connection.queueBody({ ...body, purpose: "operator" }, randomBytes(MESSAGE_ID_BYTES));
      return true;
    },
  };
}

function warnAboutEntries(account: ResolvedGossipAccount, log: AccountLog): void {
  const wrong = account.allowFrom.filter((entry) => tryParseListEntry(entry) === undefined).length;
  if (wrong === 0) return;
  log.warn(
    `${wrong} entries of allowFrom are neither Gossip user ids nor access groups and let nobody in`,
  );
}
