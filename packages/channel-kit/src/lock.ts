// One process per identity. Two ratchets of one identity on the same machine would destroy each other's sessions.
//
// The lock is SQLite's own lock on an empty database file: the kernel drops it when the holder dies, however it dies,
// so there is no stale lock to judge and no process id to mistake. Beside it lies a note that says who holds it.
import { createHash } from "node:crypto";
import { chmod, lstat, open, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { ChannelKitError } from "./errors.ts";
import { channelFolder, type ChannelHome } from "./identity-path.ts";
import { ensurePrivateFolder, hasCode } from "./private-file.ts";

/** How long a start waits for a predecessor that is just going down. */
const WAIT_MS = 1000;
const POLL_MS = 100;
const NAME_CHARACTERS = 32;

const HolderSchema = z.object({ pid: z.number(), host: z.string(), stateDir: z.string() });

/** Who holds a lock, as its note says. */
export type LockHolder = z.infer<typeof HolderSchema>;

export interface IdentityLock {
  release(): Promise<void>;
}

export interface LockOptions extends ChannelHome {
  readonly userId: string;
  readonly signal: AbortSignal;
  /** Folders to lock in. Default {@link lockFolders}. */
  readonly folders?: readonly string[];
  readonly waitMs?: number;
  /** Called when a shared folder cannot be used; the lock in the state directory still holds. */
  readonly onSkipped?: (folder: string, reason: string) => void;
}

/**
 * Takes the identity for this process: in the state directory, and in a folder of this user of the machine, so that a
 * copied state directory or a second profile is noticed too.
 *
 * @throws ChannelKitError `already_running`, within two seconds, naming process, machine and state directory.
 */
export async function acquireIdentityLock(options: LockOptions): Promise<IdentityLock> {
  const [own, ...shared] = options.folders ?? lockFolders(options);
  const held: IdentityLock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of held.splice(0).toReversed()) await lock.release();
  };
  try {
    if (own !== undefined) {
      await ensurePrivateFolder(own);
      held.push(await lockIn(own, options));
    }
    for (const folder of shared) {
      const problem = await prepareShared(folder);
      if (problem === undefined) held.push(await lockIn(folder, options));
      else options.onSkipped?.(folder, problem);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** The state directory first, then the per-user runtime folder of this machine. */
export function lockFolders(home: ChannelHome, env: NodeJS.ProcessEnv = process.env): string[] {
  const runtime = env["XDG_RUNTIME_DIR"];
  const user = process.getuid?.() ?? "user";
  const shared =
    runtime !== undefined && path.isAbsolute(runtime)
      ? path.join(runtime, `openclaw-${home.channelId}`)
      : path.join(tmpdir(), `openclaw-${home.channelId}-${user}`);
  return [channelFolder(home), shared];
}

/** Says who a lock is for without saying it: the name must not give the user id to others on the machine. */
function lockName({ channelId, userId }: { channelId: string; userId: string }): string {
  const hash = createHash("sha256").update(`openclaw-${channelId} lock 1\0${userId}`).digest("hex");
  return `.${hash.slice(0, NAME_CHARACTERS)}`;
}

async function lockIn(folder: string, options: LockOptions): Promise<IdentityLock> {
  const base = path.join(folder, lockName(options));
  const note = `${base}.holder.json`;
  const deadline = performance.now() + (options.waitMs ?? WAIT_MS);
  for (;;) {
    options.signal.throwIfAborted();
    const database = await tryLock(`${base}.lock`);
    if (database !== undefined) {
      // The note only names the holder to others; the lock is held without it.
      await writeNote(note, options.stateDir).catch(() => undefined);
      return {
        release: async () => {
          await rm(note, { force: true }).catch(() => undefined);
          database.close();
        },
      };
    }
    if (performance.now() >= deadline) throw await alreadyRunning(note);
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}

async function tryLock(file: string): Promise<DatabaseSync | undefined> {
  await prepareLockFile(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Writes nothing: the file stays empty, the lock lives in the kernel.
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/**
 * Creates the file for our eyes only, or checks the one that is there. An existing file is not opened here: closing it
 * would drop the lock that this process may hold on it, as POSIX locks go.
 */
async function prepareLockFile(file: string): Promise<void> {
  try {
    const handle = await open(file, "wx", 0o600);
    await handle.close();
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    const stats = await lstat(file);
    const isOurs = process.getuid === undefined || stats.uid === process.getuid();
    if (stats.isFile() && stats.nlink === 1 && isOurs) return await closeToOthers(file, stats.mode);
    throw new ChannelKitError(
      "identity_unsafe",
      `${file} is not a regular file of ours with one name; remove it.`,
      { cause: error },
    );
  }
}

async function closeToOthers(file: string, mode: number): Promise<void> {
  // Whoever can open the file can hold its lock.
  if ((mode & 0o077) !== 0) await chmod(file, 0o600);
}

/** A shared place may have been prepared by someone else. Then we go on without it and never write through it. */
async function prepareShared(folder: string): Promise<string | undefined> {
  try {
    await ensurePrivateFolder(folder);
    return undefined;
  } catch (error) {
    return error instanceof ChannelKitError ? error.message : "it cannot be created";
  }
}

/**
 * Who else on this machine uses an identity: a process that lives and works in another state directory. Only reads the
 * note, because trying the lock from the holder's own process would drop it.
 */
export async function findForeignHolder(
  identity: ChannelHome & { readonly userId: string },
  folders: readonly string[] = lockFolders(identity),
): Promise<LockHolder | undefined> {
  for (const folder of folders) {
    const note = path.join(folder, `${lockName(identity)}.holder.json`);
    const holder = HolderSchema.safeParse(
      tryParseJson(await readFile(note, "utf8").catch(() => "")),
    );
    if (!holder.success || path.resolve(holder.data.stateDir) === path.resolve(identity.stateDir))
      continue;
    if (holder.data.host !== hostname() || isAlive(holder.data.pid)) return holder.data;
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

async function writeNote(file: string, stateDir: string): Promise<void> {
  const holder = { pid: process.pid, host: hostname(), stateDir };
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(holder), { mode: 0o600, flag: "wx" });
}

async function alreadyRunning(note: string): Promise<ChannelKitError> {
  const text = await readFile(note, "utf8").catch(() => "");
  const holder = HolderSchema.safeParse(tryParseJson(text));
  const who = holder.success
    ? `process ${holder.data.pid} on ${holder.data.host} (state directory ${holder.data.stateDir})`
    : "another process";
  return new ChannelKitError(
    "already_running",
    `this identity is already in use by ${who}. Two at once would break its sessions; ` +
      "stop the other gateway: openclaw gateway stop",
  );
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}
