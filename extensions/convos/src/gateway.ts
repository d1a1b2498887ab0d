// One account from start to stop. The only room that knows all others: client → inbound → gate → dispatch → outbound.
import { createPairingDesk, requireChannelRuntime, withdrawApproval } from "channel-access";
import type { Outbox } from "channel-durability";
import {
  createNoticeLimit,
  createOwnerDesk,
  readFigures,
  runAccountRooms,
  startAccount,
  type AccountContext as HostContext,
  type AccountRooms,
  type AccountRoomsOptions,
  type OwnerDesk,
  type StatusReporter,
} from "channel-kit";
import type { ConvosEvent } from "convos-node-sdk";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { createRuntimeConfigReader } from "openclaw/plugin-sdk/runtime-config-snapshot";
import { convosChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { listOwners, resolveConvosAccount, type ResolvedConvosAccount } from "./accounts.ts";
import { AGENT_TURNS_RECORD, createAgentTurns } from "./agent-turns.ts";
import { claimIdentity } from "./claim-identity.ts";
import { deriveDurableKey } from "./client-identity.ts";
import { openConnection, type ConnectionOptions, type ConvosConnection } from "./client.ts";
import { CHANNEL_ID, TURN_BUDGET } from "./config-schema.ts";
import { createConversationDesk } from "./desk.ts";
import { DESK_RECORD } from "./desk-record.ts";
import { pickOwnFigures } from "./figures.ts";
import { findOwnerConversation, followConversations } from "./follow-conversations.ts";
import { createDirectAccess, joinGates } from "./direct-access.ts";
import { passDirect, tellApproved } from "./direct-pairing.ts";
import { createFileCompany } from "./file-company.ts";
import { createFileFetcher } from "./fetch-file.ts";
import { followName } from "./follow-name.ts";
import { forgetEndedConversations } from "./forget-conversations.ts";
import { createConvosGate } from "./gate.ts";
import { createGrowthBook, GROWTH_RECORD } from "./growth.ts";
import { factRules, laneOf, splitPersonKey, type InboundFacts } from "./inbound.ts";
import { createInboundHandler } from "./inbound-handler.ts";
import { loadFiles } from "./load-files.ts";
import { deleteFiles, readFileLimit, saveFile } from "./media-store.ts";
import { createPresence } from "./presence.ts";
import { joinStoredInvites } from "./join-stored.ts";
import { createMemberBook } from "./member-book.ts";
import { announceMentionRule } from "./mention-notice.ts";
import {
  createMessageBody,
  parseConvosMessageBody,
  type ConvosMessageBody,
} from "./message-body.ts";
import { createConvosTransport } from "./outbound.ts";
import { getConvosRuntime, registerLiveAccount, type LiveAccount } from "./runtime.ts";
import { phrases } from "./secret-rotation.ts";
import { createShutList } from "./shut-list.ts";
import { createChatStrings, type ChatStrings } from "./strings.ts";
import { tryParseInboxId } from "./targets.ts";

type AccountContext = HostContext<ResolvedConvosAccount>;

/** What an account needs of the host beside its context. */
export interface ConvosHost {
  readonly stateDir: string;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  /** Changes the host's configuration file. */
  readonly writeConfig: (edit: (cfg: OpenClawConfig) => OpenClawConfig) => Promise<void>;
  /** For tests that cannot wait for polls. */
  readonly timing?: ConnectionOptions["timing"];
  /** For tests in which people ask more than people do. */
  readonly turnBudget?: typeof TURN_BUDGET;
  /** For crash tests, which stop at each step. */
  readonly checkpoints?: NonNullable<
    AccountRoomsOptions<ConvosEvent, InboundFacts, ConvosMessageBody>["checkpoints"]
  >;
}

/**
 * Runs one account until the host aborts it; everything it opened is closed when this settles.
 *
 * @throws ConvosChannelError when the account cannot start, see {@link startAccount}.
 */
export async function startConvosAccount(
  context: AccountContext,
  readHost: () => ConvosHost = readRuntime,
): Promise<void> {
  const host = readHost();
  await startAccount(convosChannel, phrases, context, host, (chosen, report) =>
    runAccount(chosen, host, report),
  );
}

function readRuntime(): ConvosHost {
  const { state, system } = getConvosRuntime();
  return {
    stateDir: state.resolveStateDir(process.env),
    system,
    writeConfig: async (edit) => {
      const { writeConfig } = await import("channel-kit/terminal");
      await writeConfig(edit);
    },
  };
}

async function runAccount(
  context: AccountContext,
  host: ConvosHost,
  report: StatusReporter,
): Promise<void> {
  const { abortSignal: signal, account, accountId } = context;
  const channelRuntime = requireChannelRuntime(context.channelRuntime);
  const readConfig = createRuntimeConfigReader(context.cfg);
  const onError = (error: unknown, what: string): void => report.trouble(what, error);
  const log = prefixLog(context);
  await using opened = new AsyncDisposableStack();

  const claimed = await claimIdentity({
    stateDir: host.stateDir,
    account,
    signal,
    onSkipped: (folder) => log.warn(`no lock in ${folder}: not ours`),
  });
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  phrases.rotation.started(account, identity.userId);

  const connection = opened.use(
    await openConnection({
      identity,
      account,
      folder: folder.path,
      log,
      ...(host.timing === undefined ? {} : { timing: host.timing }),
    }),
  );
  const readAccount = (): ResolvedConvosAccount => resolveConvosAccount(readConfig(), accountId);
  const readStrings = (): ChatStrings => createChatStrings(readAccount().strings);
  const ownerConversation = (): string | undefined =>
    findOwnerConversation(readAccount().ownerConversationId, connection.conversations());
  const members = createMemberBook(connection, () => performance.now());
  const shut = createShutList(readConfig, accountId);
  const directs = createDirectAccess({
    accountId,
    runtime: channelRuntime,
    readConfig,
    isShut: (senderId) => shut.isShut("", senderId),
    log: (line) => log.info(line),
  });
  const groups = createConvosGate({
    accountId,
    runtime: channelRuntime,
    readConfig,
    ownerConversation,
    countOthers: (conversationId) => countOthers(connection, conversationId),
    isAgent: (conversationId, senderId) => members.isAgent(conversationId, senderId),
    isShut: (conversationId, senderId) => shut.isShut(conversationId, senderId),
    isOurs: (conversationId, messageId) => connection.isOurs(conversationId, messageId),
    log: (line) => log.info(line),
  });
  const gate = joinGates(
    groups,
    directs,
    (conversationId) => connection.directs().find(({ id }) => id === conversationId)?.peerInboxId,
  );
  const fetchFile = createFileFetcher();
  const ownerClaims = createOwnerClaims(createOwnerDesk(), ownerConversation);
  const growthOf = createOnce(({ openRecord }: AccountRooms<ConvosMessageBody>) =>
    createGrowthBook(connection, openRecord(GROWTH_RECORD), () => Date.now()),
  );
  const tellNoOwner = createOnce(
    async (outbox: Pick<Outbox<ConvosMessageBody>, "sendBestEffort">, conversationId: string) => {
      const body = createMessageBody(conversationId, readStrings().noOwner);
      await outbox.sendBestEffort({ ...body, purpose: "operator" });
    },
  );
  const deskOf = createOnce(({ openRecord, outbox }: AccountRooms<ConvosMessageBody>) =>
    createConversationDesk({
      accountId,
      record: openRecord(DESK_RECORD),
      connection,
      members,
      outbox,
      shut,
      ownerConversation,
      isOwner: (inboxId) => gate.isOwner(inboxId),
      isAdmitted: (conversationId, inboxId) => gate.isAdmitted(conversationId, inboxId),
      readConfig,
      writeConfig: (edit) => host.writeConfig(edit),
      withdrawApproval: (senderId) =>
        withdrawApproval(channelRuntime.pairing, {
          channelId: CHANNEL_ID,
          accountIds: [accountId],
          senderId,
          normalize: tryParseInboxId,
        }),
      readStrings,
      now: () => Date.now(),
      onError,
    }),
  );

  await runAccountRooms({
    channelId: CHANNEL_ID,
    accountId,
    folder: folder.path,
    durableKey: deriveDurableKey(identity),
    connection,
    facts: factRules,
    parseBody: parseConvosMessageBody,
    createTransport: (giveUp) =>
      createConvosTransport({
        connection,
        onSent: () => report.sent(),
        mayLeave: (body) => gate.mayResend(body),
        giveUp,
      }),
    mayResend: (body) => gate.mayResend(body),
    isAdmitted: (person) => {
      const { conversationId, senderId } = splitPersonKey(person);
      // Who waits for an approval is known by his inbox alone.
      return senderId === ""
        ? directs.isAdmitted(person)
        : gate.isAdmitted(conversationId, senderId);
    },
    endsWithAccess: ({ purpose }) => purpose !== "operator",
    // Codes are given in direct conversations; in the others all would read them.
    approvals: {
      normalize: tryParseInboxId,
      // XMTP has no mark that says how far somebody's messages have come; one still on its way is heard.
      catchUp: () => Promise.resolve(),
      tell: (senderId, noticeId, outbox) => {
        const text = readStrings().directApproved;
        return tellApproved(senderId, noticeId, { connection, outbox, text });
      },
    },
    waitsForOthers: (laneKey) =>
      !listOwners(readConfig(), tryParseInboxId).some(
        (senderId) => laneOf({ conversationId: ownerConversation() ?? "", senderId }) === laneKey,
      ),
    tellOverBudget: ({ conversationId }, outbox) =>
      outbox.sendBestEffort(createMessageBody(conversationId, readStrings().budgetUsedUp)),
    readConfig,
    readSettings: () => ({ backlog: "each", turnBudget: host.turnBudget ?? TURN_BUDGET }),
    createHandler: (rooms) => {
      const { openRecord, outbox, revocations, waiting } = rooms;
      const desk = createPairingDesk({
        channelId: CHANNEL_ID,
        accountId,
        runtime: channelRuntime,
        waiting,
        onError: (error) => onError(error, "a pairing code could not be sent"),
      });
      return createInboundHandler({
        accountId,
        gate,
        outbox,
        turnRuntime: channelRuntime,
        system: host.system,
        notices: createNoticeLimit(),
        revocations,
        members,
        desk: deskOf(rooms),
        growth: growthOf(rooms),
        passDirect: (facts, kind) =>
          passDirect(facts, kind, { desk, waiting, outbox, readStrings }),
        loadFiles: (messages, stopped) =>
          loadFiles(messages, {
            accountId,
            connection,
            fetchFile,
            save: saveFile,
            maxBytes: () => readFileLimit(readConfig(), accountId),
            signal: stopped,
            onError: (error) => onError(error, "a file could not be opened"),
          }),
        company: createFileCompany(() => performance.now()),
        presenceFor: ({ conversationId, messageId }) =>
          createPresence({
            connection,
            conversationId,
            messageId,
            about: readStrings().thinkingAbout,
            onError: (error) => onError(error, "typing could not be shown"),
          }),
        agentTurns: createAgentTurns(openRecord(AGENT_TURNS_RECORD), () => Date.now()),
        tellNoOwner: (conversationId) => tellNoOwner(outbox, conversationId),
        readConfig,
        onError: (error, stage) => onError(error, `turn: ${stage} failed`),
      });
    },
    takesOver: (facts) => ownerClaims.takesOver(facts),
    register: (rooms) =>
      registerLiveAccount(
        accountId,
        createLiveAccount({ connection, folder: folder.path, ownerClaims, readStrings }, rooms),
      ),
    companions: (rooms) => [
      (ending) => deskOf(rooms).run(ending),
      (ending) =>
        announceMentionRule({
          connection,
          growth: growthOf(rooms),
          outbox: rooms.outbox,
          ownerConversation,
          readAccount,
          readStrings,
          onError: (error) => onError(error, "the rule of mentions could not be told"),
          signal: ending,
        }),
      (ending) =>
        followName(connection, account.name, {
          signal: ending,
          onError: (error) => onError(error, "the agent's name could not be told"),
        }),
      (ending) =>
        forgetEndedConversations({
          connection,
          erasure: rooms.erasure,
          eraseSenders: rooms.eraseSenders,
          deleteFiles: (conversationId) => deleteFiles(host.stateDir, accountId, conversationId),
          onError: (error) => onError(error, "a conversation that ended could not be deleted"),
          signal: ending,
        }),
      (ending) =>
        joinStoredInvites({
          place: { folder: folder.path, identity },
          connection,
          log,
          signal: ending,
          onError: (error) => onError(error, "a stored invite could not be used"),
        }),
      (ending) =>
        followConversations({
          connection,
          log,
          signal: ending,
          readOwner: () => readAccount().ownerConversationId,
          writeOwner: (ownerConversationId) =>
            host.writeConfig((cfg) => patchAccount(cfg, accountId, { ownerConversationId })),
        }),
    ],
    report,
    log: (level, line) => log[level](line),
    signal,
    ...(host.checkpoints === undefined ? {} : { checkpoints: host.checkpoints }),
  });
}

/** Members beside us; undefined for a conversation that we are not in. */
function countOthers(
  connection: Pick<ConvosConnection, "conversations">,
  conversationId: string,
): number | undefined {
  const found = connection.conversations().find(({ id }) => id === conversationId);
  return found === undefined ? undefined : found.memberCount - 1;
}

interface OwnerClaims {
  readonly desk: OwnerDesk;
  takesOver(facts: InboundFacts): boolean;
  /** Where this person sent the code. */
  conversationOf(senderId: string): string | undefined;
}

/** The code counts in the owner conversation alone: an owner elsewhere would not be heard there. */
function createOwnerClaims(
  desk: OwnerDesk,
  ownerConversation: () => string | undefined,
): OwnerClaims {
  const places = new Map<string, string>();
  return {
    desk,
    takesOver: (facts) => {
      const { conversationId, kind, senderId } = facts;
      if (kind !== "message" || conversationId !== ownerConversation()) return false;
      const isCode = desk.offer(senderId, facts.text);
      if (isCode) places.set(senderId, conversationId);
      return isCode;
    },
    conversationOf: (senderId) => places.get(senderId),
  };
}

interface LiveParts {
  readonly connection: ConvosConnection;
  readonly folder: string;
  readonly ownerClaims: OwnerClaims;
  readonly readStrings: () => ChatStrings;
}

/** What the running account offers to commands and status. */
function createLiveAccount(
  { connection, folder, ownerClaims, readStrings }: LiveParts,
  { approvals, countHeld, deadLetters, outbox, view }: AccountRooms<ConvosMessageBody>,
): LiveAccount {
  return {
    userId: connection.userId,
    outbox,
    ownerDesk: ownerClaims.desk,
    deadLetters,
    conversations: () => connection.conversations(),
    tellApproved: (senderId) => approvals.tellOnce(senderId),
    isOurs: (conversationId, messageId) => connection.isOurs(conversationId, messageId),
    isTheirs: (conversationId, messageId) => connection.hasReceived(conversationId, messageId),
    operated: { controls: connection.controls, folder, now: Date.now },
    welcomeOwner: async (senderId) => {
      const conversationId = ownerClaims.conversationOf(senderId);
      if (conversationId === undefined) return;
      const body = createMessageBody(conversationId, readStrings().ownerWelcome);
      await outbox.send({
        queueId: `owner/${senderId}`,
        partIndex: 0,
        target: conversationId,
        body: { ...body, purpose: "operator" },
      });
    },
    figures: () =>
      readFigures({
        counts: () => view.counts(),
        state: () => connection.status(),
        countHeld,
        pickOwn: pickOwnFigures,
      }),
  };
}

/** Makes a function that runs once; every call gets the result of the first. */
function createOnce<TArguments extends unknown[], TResult>(
  run: (...given: TArguments) => TResult,
): (...given: TArguments) => TResult {
  let made: { readonly result: TResult } | undefined;
  return (...given) => (made ??= { result: run(...given) }).result;
}

function prefixLog({ account, accountId, log }: AccountContext): ConnectionOptions["log"] {
  const info = (line: string): void => log?.info(`[${accountId}] ${line}`);
  return {
    debug: account.debug ? info : (line) => log?.debug?.(`[${accountId}] ${line}`),
    info,
    warn: (line) => log?.warn(`[${accountId}] ${line}`),
  };
}
