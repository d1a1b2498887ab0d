// `openclaw gossip restore`: an identity comes back from a backup file or from its words. Conversations come back by a scan
// of the bulletin, which is large: its size is shown first.
import path from "node:path";
import { listContacts, listGroupMembers } from "channel-access";
import { openBackup } from "./backup-file.ts";
import { readBackupFile } from "./cli-backup.ts";
import { readPassphrase, type CliAnswer, type CliContext } from "./cli-io.ts";
import { identityMaker } from "./client.ts";
import { phraseRules } from "./client-phrase.ts";
import { withRestoreLine } from "./client-restore.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError, readCode, toStartError } from "./errors.ts";
import { createIdentity, findIdentity, setIdentityAside } from "./identity-file.ts";
import { acquireIdentityLock } from "./lock.ts";
import { enterPhrase } from "./phrase-entry.ts";
import { withPrivateScreen } from "./private-screen.ts";
import { getGossipRuntime } from "./runtime.ts";
import type { SecretText } from "./secret-text.ts";
import { tryParseGossipId } from "./targets.ts";

const MEGABYTE = 1_000_000;

export interface RestoreOptions {
  readonly passphraseFile?: string;
  /** Reads the bulletin without asking; false never does. */
  readonly scan?: boolean;
}

interface ScanResult {
  readonly announcements: number;
  readonly bytes: number;
  readonly scanned: boolean;
  readonly found?: number;
  readonly reconnected?: number;
  /** Why the bulletin could not be read; the identity is restored all the same. */
  readonly failed?: string;
}

/** @throws GossipChannelError `already_running`, `command_refused`, `cancelled`, `backup_unreadable`. */
export async function restore(
  context: CliContext,
  file: string | undefined,
  options: RestoreOptions,
): Promise<CliAnswer> {
  const { account, stateDir } = context;
  if (account.mnemonic.kind !== "generated") {
    throw new GossipChannelError(
      "command_refused",
      "gossip: the configuration names the identity of this account; put the phrase where its mnemonic refers to, " +
        "then: openclaw secrets reload",
    );
  }
  const words =
    file === undefined ? await typeWords(context) : await openFile(context, file, options);
  const identity = await identityMaker.derive(words.reveal());
  const { userId } = identity;
  const signal = new AbortController().signal;
  // Refuses while a gateway has it, here or from another state directory of this machine.
  const lock = await acquireIdentityLock({ userId, stateDir, signal });
  let setAside: string | undefined;
  try {
    const kept = await makeRoom(context, userId);
    setAside = kept.setAside;
    const folder =
      (kept.isSame ? await findIdentity(stateDir, account) : undefined) ??
      (await createIdentity(stateDir, {
        accountId: account.accountId,
        username: account.username,
        userId,
        mnemonic: words.reveal(),
        createdAt: new Date(context.now()).toISOString(),
        // Whoever has the words or the file has a backup.
        backupConfirmedAt: new Date(context.now()).toISOString(),
      }));
    if (folder === undefined) {
      throw new GossipChannelError(
        "username_taken",
        "gossip: the folder was taken meanwhile; try again",
      );
    }
    const { displayName, protocolUrl } = { displayName: account.username, ...account };
    const scan = await scanBulletin(context, options, (use) =>
      withRestoreLine({ identity, protocolUrl, folder: folder.path, displayName }, use),
    );
    return answer(context, userId, setAside, scan);
  } catch (error) {
    throw setAside === undefined ? error : nameSetAside(error, setAside);
  } finally {
    await lock.release();
  }
}

/** Whatever went wrong after it: where the earlier identity is must not be a guess. */
function nameSetAside(error: unknown, setAside: string): GossipChannelError {
  const { code, message } = toStartError(error);
  return new GossipChannelError(code, `${message} The earlier identity is kept in ${setAside}`, {
    cause: error,
  });
}

async function typeWords({ terminal }: CliContext): Promise<SecretText> {
  if (terminal === undefined) {
    throw new GossipChannelError(
      "command_refused",
      "gossip: recovery words are typed in a terminal. Without one: openclaw gossip restore FILE --passphrase-file FILE",
    );
  }
  const words = await withPrivateScreen(terminal, (screen) => enterPhrase(screen, phraseRules));
  if (words !== undefined) return words;
  throw new GossipChannelError("cancelled", "gossip: no words; nothing was changed.");
}

async function openFile(
  context: CliContext,
  file: string,
  { passphraseFile }: RestoreOptions,
): Promise<SecretText> {
  const text = await readBackupFile(path.resolve(file));
  const passphrase = await readPassphrase(context, {
    ...(passphraseFile === undefined ? {} : { file: passphraseFile }),
    twice: false,
    minCharacters: 1,
  });
  const { mnemonic, userId } = await openBackup(text, passphrase);
  const derived = await identityMaker.derive(mnemonic.reveal());
  if (derived.userId === userId) return mnemonic;
  throw new GossipChannelError(
    "backup_unreadable",
    "gossip: the words in this backup do not make the id it names. Nothing was changed.",
  );
}

/** Moves another identity of the account aside, once that was confirmed; it is never deleted. */
async function makeRoom(
  context: CliContext,
  userId: string,
): Promise<{ isSame: boolean; setAside: string | undefined }> {
  const { account, stateDir } = context;
  const existing = await findIdentity(stateDir, account);
  if (existing === undefined) return { isSame: false, setAside: undefined };
  if (existing.record.userId === userId) return { isSame: true, setAside: undefined };
  const signal = new AbortController().signal;
  const lock = await acquireIdentityLock({ userId: existing.record.userId, stateDir, signal });
  try {
    await context.confirm(
      `Account ${account.accountId} is ${existing.record.userId} now. It becomes ${userId}; the old identity is kept beside it.`,
      "REPLACE",
    );
    const setAside = await setIdentityAside(existing, new Date(context.now()));
    return { isSame: false, setAside };
  } finally {
    await lock.release();
  }
}

type LendLine = (use: Parameters<typeof withRestoreLine<ScanResult>>[1]) => Promise<ScanResult>;

async function scanBulletin(
  context: CliContext,
  { scan }: RestoreOptions,
  lend: LendLine,
): Promise<ScanResult | undefined> {
  if (scan === false) return undefined;
  const wanted = await listWanted(context);
  return await lend(async (line) => {
    const size = await line.estimate();
    if (scan !== true) {
      await context.confirm(
        `To find your people again, the bulletin of the relay is read once: ${size.announcements} announcements, ` +
          `about ${(size.bytes / MEGABYTE).toFixed(1)} MB. The identity is restored either way.`,
        "SCAN",
      );
    }
    const report = await line.scan((id) => wanted === "everybody" || wanted.has(id));
    return { ...size, scanned: true, found: report.found, reconnected: report.reconnected };
  }).catch((error: unknown) => {
    // The identity is back; people can still be found later, or write themselves.
    if (error instanceof GossipChannelError && error.code === "cancelled") return undefined;
    const failed = readCode(error);
    if (failed?.startsWith("relay_") !== true) throw error;
    return { announcements: 0, bytes: 0, scanned: false, failed };
  });
}

/** The people who are let in, as the host has them now. */
async function listWanted({
  account,
  cfg,
}: CliContext): Promise<ReadonlySet<string> | "everybody"> {
  if (account.dmPolicy === "open") return "everybody";
  const { accountId, allowFrom } = account;
  const { pairing } = getGossipRuntime().channel;
  const approved = await pairing.readAllowFromStore({ channel: CHANNEL_ID, accountId });
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  const groupMembers = listGroupMembers(cfg, CHANNEL_ID, allowFrom);
  const contacts = listContacts({ allowFrom, groupMembers, approved, owners }, tryParseGossipId);
  return new Set(contacts.map(({ senderId }) => senderId));
}

function answer(
  { account }: CliContext,
  userId: string,
  setAside: string | undefined,
  scan: ScanResult | undefined,
): CliAnswer {
  return {
    json: {
      accountId: account.accountId,
      userId,
      ...(setAside === undefined ? {} : { setAside }),
      scan: scan ?? { scanned: false },
    },
    lines: [
      `Account ${account.accountId} is ${userId} again.`,
      ...(setAside === undefined ? [] : [`The earlier identity is kept in ${setAside}`]),
      describeScan(scan),
      "Do not use one phrase in the app and here at the same time. Start: openclaw gateway start",
    ],
    exitCode: scan?.failed === undefined ? 0 : 1,
  };
}

function describeScan(scan: ScanResult | undefined): string {
  const later = "Later: openclaw gossip restore FILE --scan";
  if (scan === undefined) return `The bulletin was not read. ${later}`;
  if (scan.failed !== undefined) return `The bulletin could not be read (${scan.failed}). ${later}`;
  return `${scan.found} people had written to it, ${scan.reconnected} of them are let in and were found again.`;
}
