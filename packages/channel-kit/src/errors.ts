import path from "node:path";
import { findDiskTrouble, type DiskTrouble } from "./disk-trouble.ts";

/**
 * Why an account cannot start, why a message cannot go out, or why a command is not carried out. The set is closed: what
 * a channel needs beside these is added here.
 *
 * - `config_invalid`: the channel's section of the configuration breaks a rule of its schema.
 * - `mnemonic_unavailable`: a mnemonic is configured, but its secret or environment variable gave nothing.
 * - `mnemonic_invalid`: the configured mnemonic is not a BIP39 phrase.
 * - `mnemonic_missing`: the stored identity keeps no words, and none are configured.
 * - `identity_missing`: the account has no identity yet, and this channel does not make one by itself.
 * - `identity_unreadable`: session.json is cut short, not ours, or beside other files of ours without being there.
 * - `identity_newer`: session.json was written by a newer version.
 * - `identity_unsafe`: a file or folder is a link, or belongs to another user of this machine.
 * - `identity_mismatch`: configuration and session.json name two different user ids.
 * - `username_taken`: the folder of this username belongs to another account.
 * - `already_running`: another process uses this identity.
 * - `state_unusable`: a database of the account is damaged, newer, of another identity, or open to others.
 * - `state_unwritable`: the disk is full, read-only, or fails; the account starts by itself once it can write.
 * - `relay_refused`: the address of the network is not one we connect to.
 * - `native_unavailable`: a native part of the protocol client cannot be loaded on this machine.
 * - `start_failed`: anything else; trying again may help.
 * - `invalid_target`: a target or allowlist entry is not an id of this channel.
 * - `unknown_message`: an action names no message, or none that it can be about.
 * - `not_running`: the account has no live session in this process.
 * - `not_stored_yet`: the network has not taken the message; it stays queued.
 * - `refused_by_relay`: the network will not take the message, ever.
 * - `backup_unreadable`: no backup file, a damaged or newer one, or another passphrase.
 * - `cancelled`: the person at the terminal did not confirm; nothing was changed.
 * - `command_refused`: a command line that cannot be carried out as it is.
 */
export type ChannelKitErrorCode =
  | "config_invalid"
  | "mnemonic_unavailable"
  | "mnemonic_invalid"
  | "mnemonic_missing"
  | "identity_missing"
  | "identity_unreadable"
  | "identity_newer"
  | "identity_unsafe"
  | "identity_mismatch"
  | "username_taken"
  | "already_running"
  | "state_unusable"
  | "state_unwritable"
  | "file_refused"
  | "file_too_large"
  | "relay_refused"
  | "native_unavailable"
  | "start_failed"
  | "invalid_target"
  | "unknown_message"
  | "not_running"
  | "not_stored_yet"
  | "refused_by_relay"
  | "backup_unreadable"
  | "cancelled"
  | "command_refused";

/**
 * The one error class of the shared rooms and of the plugins that use them. A message says what, why, and the next
 * command; it never holds a secret.
 */
export class ChannelKitError extends Error {
  override readonly name = "ChannelKitError";
  readonly code: ChannelKitErrorCode;

  constructor(code: ChannelKitErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** The string code of one of our errors or of the file system's. */
export function readCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** What only the operator can mend: the host does not try again by itself. */
const NEEDS_OPERATOR: ReadonlySet<ChannelKitErrorCode> = new Set([
  "config_invalid",
  "mnemonic_unavailable",
  "mnemonic_invalid",
  "mnemonic_missing",
  "identity_missing",
  "identity_unreadable",
  "identity_newer",
  "identity_unsafe",
  "identity_mismatch",
  "username_taken",
  "state_unusable",
  "relay_refused",
  "native_unavailable",
]);

/** Whether starting again without the operator is pointless. */
export function needsOperator(error: ChannelKitError): boolean {
  return NEEDS_OPERATOR.has(error.code);
}

/** Codes of the packages below that every channel meets, in the operator's words: what, and the next step. */
const START_FAILURES: StartFailures = {
  wrong_key: [
    "state_unusable",
    "a database in the account's folder belongs to another identity; put back the folder as it was backed up",
  ],
  state_newer: [
    "state_unusable",
    "a newer version of this plugin wrote the account's databases; update it: openclaw plugins update",
  ],
  state_unreadable: [
    "state_unusable",
    "a database in the account's folder is damaged; nothing was changed, put the folder back from your backup",
  ],
  insecure_state_path: [
    "identity_unsafe",
    "the account's folder or a database in it is a link, or others may write to it; nothing was changed",
  ],
};

/** By the code of a package below: ours, and the text that goes with it. */
export type StartFailures = Readonly<Record<string, readonly [ChannelKitErrorCode, string]>>;

/** Of whom and of what an error is told. */
export interface StartErrorScope {
  /** Stands before the text. */
  readonly channelId: string;
  /** Codes of the channel's own protocol client. */
  readonly own?: StartFailures;
  /** OpenClaw's state directory, when an account was to start on it. */
  readonly stateDir?: string;
}

/**
 * Why an account could not start or a command was not carried out, in words that may be shown: errors of other packages
 * are named by their code, for their messages may quote what they worked on.
 */
export function toStartError(error: unknown, scope: StartErrorScope): ChannelKitError {
  const { channelId, own = {}, stateDir } = scope;
  const name = `${channelId}: `;
  if (error instanceof ChannelKitError) {
    if (error.message.startsWith(name)) return error;
    return new ChannelKitError(error.code, `${name}${error.message}`, { cause: error });
  }
  const trouble = findDiskTrouble(error);
  if (trouble !== undefined) return unwritable(name, trouble, stateDir, error);
  const code = readCode(error) ?? (error instanceof Error ? error.name : "unknown");
  const known = own[code] ?? START_FAILURES[code];
  return known === undefined
    ? new ChannelKitError("start_failed", `${name}the account could not start (${code})`, {
        cause: error,
      })
    : new ChannelKitError(known[0], `${name}cannot start: ${known[1]} (${code})`, { cause: error });
}

function unwritable(
  name: string,
  { code, command, path: named, what }: DiskTrouble,
  stateDir: string | undefined,
  cause: unknown,
): ChannelKitError {
  const place = named ?? stateDir;
  const where = place === undefined ? "a file" : `'${place}'`;
  // What is named may not be there yet, and the command wants something that is.
  const folder = stateDir ?? (named === undefined ? undefined : path.dirname(named));
  const look = folder === undefined ? "" : ` Look: ${command} '${folder}'.`;
  const next =
    stateDir === undefined
      ? "Mend that, then try again."
      : "The account tries again by itself; at once with: openclaw gateway restart";
  return new ChannelKitError(
    "state_unwritable",
    `${name}${where} cannot be used: ${what} (${code}). Nothing was replaced.${look} ${next}`,
    { cause },
  );
}
