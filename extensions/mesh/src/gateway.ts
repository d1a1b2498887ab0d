// One account from start to stop. The only room that knows all others: client → inbound → gate → dispatch → outbound.
import { createPairingDesk } from "channel-access";
import {
  AGENT_TURNS_RECORD,
  claimAccount,
  createAgentTurns,
  createAskerBook,
  createOwnerDesk,
  runAccountRooms,
  sessionFile,
  startAccount,
  type AccountContext,
  type AccountLog,
  type AccountRooms,
  type AccountRoomsOptions,
  type AccountStart,
} from "channel-kit";
import { createStoredFiles, isStored, readFileLimit, saveFile } from "channel-kit/media";
import type { MeshEvent } from "mesh-sdk";
import type { PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import { resolveMeshAccount, type ResolvedMeshAccount } from "./accounts.ts";
import { deriveDurableKey } from "./client-identity.ts";
import { openConnection, type ConnectionOptions } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { createFileFetcher } from "./fetch-file.ts";
import { createMeshGate } from "./gate.ts";
import { factRules, splitPersonKey, type InboundFacts } from "./inbound.ts";
import { createInboundHandler } from "./inbound-handler.ts";
import { createLiveAccount } from "./live-account.ts";
import { loadFiles } from "./load-files.ts";
import { createMessageBody, parseMeshMessageBody, type MeshMessageBody } from "./message-body.ts";
import { createMeshTransport } from "./outbound.ts";
import { createOwnMessages, OWN_MESSAGES_RECORD, type OwnMessages } from "./own-messages.ts";
import { listMeshOwners } from "./owner-grant.ts";
import { getMeshRuntime, registerLiveAccount } from "./runtime.ts";
import { phrases } from "./secret-rotation.ts";
import { createChatStrings, type ChatStrings } from "./strings.ts";
import { tryParseListEntry, tryParsePeerId } from "./targets.ts";

const MINUTE_MS = 60_000;

/** What an account needs of the host beside its context. */
export interface MeshHost {
  readonly stateDir: string;
  /** For tests that cannot wait. */
  readonly timing?: ConnectionOptions["timing"];
  /** For crash tests, which stop at each step. */
  readonly checkpoints?: NonNullable<
    AccountRoomsOptions<MeshEvent, InboundFacts, MeshMessageBody>["checkpoints"]
  >;
}

/**
 * Runs one account until the host aborts it; everything it opened is closed when this settles.
 *
 * @throws MeshChannelError when the account cannot start, see {@link startAccount}.
 */
export async function startMeshAccount(
  context: AccountContext<ResolvedMeshAccount>,
  readHost: () => MeshHost = readRuntime,
): Promise<void> {
  const host = readHost();
  await startAccount(meshChannel, phrases, context, host, (start) => runAccount(start, host));
}

function readRuntime(): MeshHost {
  const runtime: Pick<PluginRuntime, "state"> = getMeshRuntime();
  return { stateDir: runtime.state.resolveStateDir(process.env) };
}

async function runAccount(start: AccountStart<ResolvedMeshAccount>, host: MeshHost): Promise<void> {
  const { account, accountId, channelRuntime, log, onError, readConfig, report, signal } = start;
  await using opened = new AsyncDisposableStack();

  const claimed = await claimAccount(meshChannel, start);
  opened.defer(() => claimed.lock.release());
  const { folder, identity } = claimed;
  phrases.rotation.started(account, identity.userId);
  report.identified(identity.userId, {
    created: claimed.created,
    sessionFile: sessionFile(folder),
  });
  warnAboutEntries(account, log);

  const connection = opened.use(
    await openConnection({
      identity,
      account,
      folder: folder.path,
      log,
      ...(host.timing === undefined ? {} : { timing: host.timing }),
    }),
  );
  const readAccount = (): ResolvedMeshAccount => resolveMeshAccount(readConfig(), accountId);
  const readStrings = (): ChatStrings => createChatStrings(readAccount().strings);
  const ownerDesk = createOwnerDesk();
  const askers = createAskerBook();
  const own = createHolder<OwnMessages>();
  const isOurs = (to: string, messageId: string): boolean => own.get()?.has(to, messageId) === true;
  const gate = createMeshGate({
    accountId,
    userId: identity.userId,
    runtime: channelRuntime,
    readConfig,
    isOurs,
    log: (line) => log.info(line),
  });
  const fetchFile = createFileFetcher();
  const storedFiles = createStoredFiles(isStored);

  await runAccountRooms({
    channelId: CHANNEL_ID,
    accountId,
    folder: folder.path,
    durableKey: deriveDurableKey(identity),
    connection,
    facts: factRules,
    parseBody: parseMeshMessageBody,
    createTransport: (giveUp) =>
      createMeshTransport({
        connection,
        noteSent: (to, messageId) => own.get()?.note(to, messageId),
        onSent: () => report.sent(),
        mayLeave: (body) => gate.mayResend(body),
        giveUp,
      }),
    mayResend: (body) => gate.mayResend(body),
    isAdmitted: (person) => gate.isAdmitted(splitPersonKey(person)),
    // What the peer has is signed, on its way, and waits here no longer.
    takeBack: () => false,
    approvals: {
      normalize: tryParsePeerId,
      // The mesh has no mark that says how far somebody's messages have come; one still on its way is heard.
      catchUp: () => Promise.resolve(),
      tell: async (senderId, noticeId, outbox) => {
        const body = createMessageBody(senderId, readStrings().approved);
        await outbox.send({ queueId: noticeId, partIndex: 0, target: senderId, body });
      },
    },
    listOwners: () => listMeshOwners(readConfig()),
    // In a channel everybody would read it, and other bots might answer.
    tellOverBudget: ({ chat, senderId }, outbox) =>
      chat.kind === "group"
        ? Promise.resolve()
        : outbox.sendBestEffort(createMessageBody(senderId, readStrings().budgetUsedUp)),
    readConfig,
    readSettings: readAccount,
    createHandler: (rooms) => {
      own.set(createOwnMessages(rooms.openRecord(OWN_MESSAGES_RECORD)));
      const { openRecord, outbox, revocations, waiting } = rooms;
      return createInboundHandler({
        accountId,
        userId: identity.userId,
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
        revocations,
        loopBudget: createAgentTurns(
          openRecord(AGENT_TURNS_RECORD),
          () => Date.now(),
          () => {
            const { messages, minutes } = readAccount().loopBudget;
            return { turns: messages, windowMs: minutes * MINUTE_MS };
          },
        ),
        askers,
        loadFiles: (messages, stopped) =>
          loadFiles(messages, {
            accountId,
            fetchFile,
            save: saveFile,
            stored: storedFiles,
            maxBytes: () => readFileLimit(readConfig(), accountId),
            signal: stopped,
            onError: (error) => onError(error, "a file could not be opened"),
          }),
        readStrings,
        readConfig,
        onLoop: () => log.debug("a message was dropped: its conversation used the loop budget up"),
        onError: (error, stage) => onError(error, `turn: ${stage} failed`),
      });
    },
    // The code is typed by somebody who could only send it sealed, or signed at least.
    takesOver: ({ chat, senderId, text, verified }) =>
      chat.kind === "direct" && verified && ownerDesk.offer(senderId, text),
    register: (rooms: AccountRooms<MeshMessageBody>) =>
      registerLiveAccount(
        accountId,
        createLiveAccount({ askers, connection, gate, isOurs, ownerDesk, readStrings }, rooms),
      ),
    companions: () => [],
    report,
    log: (level, line) => log[level](line),
    signal,
    ...(host.checkpoints === undefined ? {} : { checkpoints: host.checkpoints }),
  });
}

/** Something that is there once the account's database is open. */
function createHolder<T>(): { get(): T | undefined; set(value: T): void } {
  let held: T | undefined;
  return {
    get: () => held,
    set: (value) => {
      held = value;
    },
  };
}

function warnAboutEntries(account: ResolvedMeshAccount, log: AccountLog): void {
  const listed = [
    ...account.allowFrom,
    ...account.groupAllowFrom,
    ...Object.values(account.groups).flatMap(({ allowFrom = [] }) => allowFrom),
  ];
  const wrong = listed.filter((entry) => tryParseListEntry(entry) === undefined).length;
  if (wrong === 0) return;
  log.warn(
    `${wrong} entries of allowlists are neither peer ids nor access groups and let nobody in`,
  );
}
