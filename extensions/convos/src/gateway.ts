// One account from start to stop. The only room that knows all others: client → inbound → gate → dispatch → outbound.
import { createPairingDesk, withdrawApproval } from "channel-access";
import type { Outbox } from "channel-durability";
import {
  AGENT_TURNS_RECORD,
  createAgentTurns,
  createAskerBook,
  createNoticeLimit,
  createOwnerDesk,
  runAccountRooms,
  startAccount,
  type AccountContext,
  type AccountRooms,
  type AccountRoomsOptions,
  type AccountStart,
} from "channel-kit";
import { createStoredFiles, isStored, readFileLimit, saveFile } from "channel-kit/media";
import type { ConvosEvent } from "convos-node-sdk";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import { listOwners, resolveConvosAccount, type ResolvedConvosAccount } from "./accounts.ts";
import { claimIdentity } from "./claim-identity.ts";
import { deriveDurableKey } from "./client-identity.ts";
import { openConnection, type ConnectionOptions, type ConvosConnection } from "./client.ts";
import { AGENT_TURNS, CHANNEL_ID } from "./config-schema.ts";
import { listCompanions } from "./companions.ts";
import { createConversationDesk } from "./desk.ts";
import { DESK_RECORD } from "./desk-record.ts";
import { createDeviceWatch, DEVICE_RECORD } from "./device-watch.ts";
import { createDirectAccess, joinGates } from "./direct-access.ts";
import { passDirect, tellApproved } from "./direct-pairing.ts";
import { createFileCompany } from "./file-company.ts";
import { createFileFetcher } from "./fetch-file.ts";
import { createConvosGate } from "./gate.ts";
import { createGrowthBook, GROWTH_RECORD } from "./growth.ts";
import { factRules, splitPersonKey, type InboundFacts } from "./inbound.ts";
import { forgetInvites } from "./invite-book.ts";
import { createInboundHandler } from "./inbound-handler.ts";
import { loadFiles } from "./load-files.ts";
import { createPresence } from "./presence.ts";
import { createLiveAccount } from "./live-account.ts";
import { createMemberBook } from "./member-book.ts";
import {
  createMessageBody,
  parseConvosMessageBody,
  type ConvosMessageBody,
} from "./message-body.ts";
import { createConvosTransport, KEY_BYTES, toKey } from "./outbound.ts";
import { OPERATIONS } from "./operations.ts";
import { createOwnerClaims } from "./owner-claims.ts";
import { findOwnerConversation, ownerCommand } from "./owner-conversation.ts";
import { createOwnerPresence } from "./owner-presence.ts";
import { getConvosRuntime, registerLiveAccount } from "./runtime.ts";
import { ownerKeys, phrases, secrets } from "./secret-rotation.ts";
import { createShutList } from "./shut-list.ts";
import { createChatStrings, fillText, type ChatStrings } from "./strings.ts";
import { tryParseInboxId } from "./targets.ts";

/** What an account needs of the host beside its context. */
export interface ConvosHost {
  readonly stateDir: string;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
  /** Changes the host's configuration file. */
  readonly writeConfig: (edit: (cfg: OpenClawConfig) => OpenClawConfig) => Promise<void>;
  /** For tests that cannot wait for polls. */
  readonly timing?: ConnectionOptions["timing"];
  /** For tests in which people ask more than people do. */
  readonly turnBudget?: ResolvedConvosAccount["turnBudget"];
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
  context: AccountContext<ResolvedConvosAccount>,
  readHost: () => ConvosHost = readRuntime,
): Promise<void> {
  const host = readHost();
  await startAccount(convosChannel, secrets, context, host, (start) => runAccount(start, host));
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
  start: AccountStart<ResolvedConvosAccount>,
  host: ConvosHost,
): Promise<void> {
  const { account, accountId, channelRuntime, onError, readConfig, report, signal } = start;
  const log = account.debug ? { ...start.log, debug: start.log.info } : start.log;
  await using opened = new AsyncDisposableStack();

  const claimed = await claimIdentity(start);
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
  const ownerInbox = connection.ownerInboxId;
  if (ownerInbox !== undefined) ownerKeys.rotation.started(account, ownerInbox);
  const readAccount = (): ResolvedConvosAccount => resolveConvosAccount(readConfig(), accountId);
  const readStrings = (): ChatStrings => createChatStrings(readAccount().strings);
  const readOwner = (): string | undefined => readAccount().ownerConversationId;
  const ownerConversation = (): string | undefined =>
    findOwnerConversation(readOwner(), connection);
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
    listOthers: async (conversationId) =>
      (await members.recent(conversationId)).map(({ inboxId }) => inboxId),
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
  const presence = createOwnerPresence({
    connection,
    members,
    ownerConversation,
    listOwners: () => listOwners(readConfig(), tryParseInboxId),
  });
  const fetchFile = createFileFetcher();
  const storedFiles = createStoredFiles(isStored);
  const operated = { controls: connection.controls, folder: folder.path, now: Date.now };
  const askers = createAskerBook();
  const ownerClaims = createOwnerClaims(createOwnerDesk(), ownerConversation);
  const growthOf = createOnce(({ openRecord }: AccountRooms<ConvosMessageBody>) =>
    createGrowthBook(connection, openRecord(GROWTH_RECORD), () => Date.now()),
  );
  const tellNoOwner = createOnce(
    async (outbox: Pick<Outbox<ConvosMessageBody>, "sendBestEffort">, conversationId: string) => {
      const text = fillText(readStrings().noOwner, { command: ownerCommand(accountId) });
      const body = createMessageBody(conversationId, text);
      await outbox.sendBestEffort({ ...body, purpose: "operator" });
    },
  );
  const deskOf = createOnce(({ openRecord, outbox }: AccountRooms<ConvosMessageBody>) =>
    createConversationDesk({
      accountId,
      record: openRecord(DESK_RECORD),
      connection,
      controls: connection.controls,
      members,
      outbox,
      shut,
      invite: async (conversationId, invite) => {
        const wanted = { conversationId, ...invite };
        return (await OPERATIONS.invite.run(operated, wanted)).url;
      },
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
    takeBack: (message) => {
      connection.takeBack(message.target, toKey(message.messageId(KEY_BYTES)));
      return false;
    },
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
    listOwners: () => listOwners(readConfig(), tryParseInboxId),
    tellOverBudget: ({ conversationId }, outbox) =>
      outbox.sendBestEffort(createMessageBody(conversationId, readStrings().budgetUsedUp)),
    readConfig,
    readSettings: () => ({
      backlog: "each",
      turnBudget: host.turnBudget ?? readAccount().turnBudget,
    }),
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
        devices: createDeviceWatch({
          record: openRecord(DEVICE_RECORD),
          members,
          connection,
          outbox,
          ownerConversation,
          readStrings,
        }),
        desk: deskOf(rooms),
        growth: growthOf(rooms),
        askers,
        passDirect: (facts, kind) =>
          passDirect(facts, kind, { desk, waiting, outbox, readStrings }),
        loadFiles: (messages, stopped) =>
          loadFiles(messages, {
            accountId,
            connection,
            fetchFile,
            save: saveFile,
            stored: storedFiles,
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
        agentTurns: createAgentTurns(
          openRecord(AGENT_TURNS_RECORD),
          () => Date.now(),
          () => AGENT_TURNS,
        ),
        forgetInvites: ({ arrivedAtMs, conversationId }) =>
          forgetInvites(
            folder.path,
            (invite) =>
              invite.conversationId === conversationId && invite.createdAtMs <= arrivedAtMs,
          ).catch((error: unknown) => onError(error, "the list of invites could not be changed")),
        tellNoOwner: (conversationId) => tellNoOwner(outbox, conversationId),
        readConfig,
        onError: (error, stage) => onError(error, `turn: ${stage} failed`),
      });
    },
    takesOver: (facts) => ownerClaims.takesOver(facts),
    register: (rooms) =>
      registerLiveAccount(
        accountId,
        createLiveAccount(
          { askers, connection, operated, ownerClaims, presence, readOwner, readStrings },
          rooms,
        ),
      ),
    companions: (rooms) =>
      listCompanions({
        account,
        connection,
        desk: deskOf(rooms),
        growth: growthOf(rooms),
        host,
        log,
        onError,
        ownerConversation,
        presence,
        place: { folder: folder.path, identity },
        readAccount,
        readStrings,
        rooms,
      }),
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

/** Makes a function that runs once; every call gets the result of the first. */
function createOnce<TArguments extends unknown[], TResult>(
  run: (...given: TArguments) => TResult,
): (...given: TArguments) => TResult {
  let made: { readonly result: TResult } | undefined;
  return (...given) => (made ??= { result: run(...given) }).result;
}
