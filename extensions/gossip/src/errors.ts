import path from "node:path";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { findDiskTrouble, type DiskTrouble } from "./disk-trouble.ts";

/**
 * Why an account cannot start, or why a message cannot go out.
 *
 * - `config_invalid`: `channels.gossip` breaks a rule of its schema.
 * - `mnemonic_unavailable`: a mnemonic is configured, but its secret or environment variable gave nothing.
 * - `mnemonic_invalid`: the configured mnemonic is not a BIP39 phrase.
 * - `mnemonic_missing`: the stored identity keeps no words, and none are configured.
 * - `identity_unreadable`: session.json is cut short, not ours, or beside other files of ours without being there.
 * - `identity_newer`: session.json was written by a newer version.
 * - `identity_unsafe`: a file or folder is a link, or belongs to another user of this machine.
 * - `identity_mismatch`: configuration and session.json name two different user ids.
 * - `username_taken`: the folder of this username belongs to another account.
 * - `already_running`: another process uses this identity.
 * - `state_unusable`: a database of the account is damaged, newer, of another identity, or open to others.
 * - `state_unwritable`: the disk is full, read-only, or fails; the account starts by itself once it can write.
 * - `relay_refused`: the relay address is not one we connect to.
 * - `start_failed`: anything else; trying again may help.
 * - `invalid_target`: a target or allowlist entry is not a Gossip user id.
 * - `unknown_message`: an action names no message, or none that it can be about.
 * - `not_running`: the account has no live session in this process.
 * - `not_stored_yet`: the relay has not taken the message; it stays queued.
 * - `refused_by_relay`: the relay will not take the message, ever.
 * - `backup_unreadable`: no backup file, a damaged or newer one, or another passphrase.
 * - `cancelled`: the person at the terminal did not confirm; nothing was changed.
 * - `command_refused`: a command line that cannot be carried out as it is.
 */
export type GossipChannelErrorCode =
  | "config_invalid"
  | "mnemonic_unavailable"
  | "mnemonic_invalid"
  | "mnemonic_missing"
  | "identity_unreadable"
  | "identity_newer"
  | "identity_unsafe"
  | "identity_mismatch"
  | "username_taken"
  | "already_running"
  | "state_unusable"
  | "state_unwritable"
  | "relay_refused"
  | "start_failed"
  | "invalid_target"
  | "unknown_message"
  | "not_running"
  | "not_stored_yet"
  | "refused_by_relay"
  | "backup_unreadable"
  | "cancelled"
  | "command_refused";

/** The one error class of this plugin. A message says what, why, and the next command; it never holds a secret. */
export class GossipChannelError extends Error {
  override readonly name = "GossipChannelError";
  readonly code: GossipChannelErrorCode;

  constructor(code: GossipChannelErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Codes of the protocol client that are raised before a message is on disk: it has certainly not left. */
const NOT_QUEUED: ReadonlySet<string> = new Set([
  "closed",
  "locked",
  "queue_full",
  "state_unwritable",
  "relay_unreachable",
  "relay_rate_limited",
  "relay_rejected",
  "relay_bad_response",
]);

/** Of these, trying again cannot help. */
const PERMANENT: ReadonlySet<string> = new Set([
  "invalid_user_id",
  "invalid_target",
  "too_large",
  "unknown_peer",
  "invalid_public_keys",
  "identity_mismatch",
  "malformed",
  "refused_by_relay",
]);

/**
 * What queueing a message threw, for the host: nothing has left the machine, so the host may try again, unless that
 * cannot help. The message names the code only; an error of a dependency may quote what a person wrote.
 */
export function mapSendError(error: unknown): unknown {
  const code = readCode(error);
  if (code === undefined || !(NOT_QUEUED.has(code) || PERMANENT.has(code))) return error;
  return new PlatformMessageNotDispatchedError(`gossip: not sent (${code})`, {
    cause: error,
    retryable: !PERMANENT.has(code),
  });
}

/** The string code of one of our errors or of the file system's. */
export function readCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** What only the operator can mend: the host does not try again by itself. */
const NEEDS_OPERATOR: ReadonlySet<GossipChannelErrorCode> = new Set([
  "config_invalid",
  "mnemonic_unavailable",
  "mnemonic_invalid",
  "mnemonic_missing",
  "identity_unreadable",
  "identity_newer",
  "identity_unsafe",
  "identity_mismatch",
  "username_taken",
  "state_unusable",
  "relay_refused",
]);

/** Whether starting again without the operator is pointless. */
export function needsOperator(error: GossipChannelError): boolean {
  return NEEDS_OPERATOR.has(error.code);
}

/** Codes of the packages below, in the operator's words: what, and the next step. */
const START_FAILURES: Readonly<Record<string, readonly [GossipChannelErrorCode, string]>> = {
  wrong_key: [
    "state_unusable",
    "a database in the account's folder belongs to another identity; put back the folder as it was backed up",
  ],
  state_newer: [
    "state_unusable",
    "a newer version of this plugin wrote the account's databases; update it: openclaw plugins update gossip",
  ],
  state_unreadable: [
    "state_unusable",
    "a database in the account's folder is damaged; nothing was changed, put the folder back from your backup",
  ],
  insecure_state_path: [
    "identity_unsafe",
    "the account's folder or a database in it is a link, or others may write to it; nothing was changed",
  ],
  insecure_relay_url: [
    "relay_refused",
    "channels.gossip.protocolUrl must be https, or http to this machine",
  ],
};

/**
 * Why an account could not start, in words that may be shown: errors of other packages are named by their code, for
 * their messages may quote what they worked on.
 *
 * @param stateDir - OpenClaw's state directory, when an account was to start on it.
 */
export function toStartError(error: unknown, stateDir?: string): GossipChannelError {
  if (error instanceof GossipChannelError) return error;
  const trouble = findDiskTrouble(error);
  if (trouble !== undefined) return unwritable(trouble, stateDir, error);
  const code = readCode(error) ?? (error instanceof Error ? error.name : "unknown");
  const known = START_FAILURES[code];
  return known === undefined
    ? new GossipChannelError("start_failed", `gossip: the account could not start (${code})`, {
        cause: error,
      })
    : new GossipChannelError(known[0], `gossip: cannot start: ${known[1]} (${code})`, {
        cause: error,
      });
}

function unwritable(
  { code, command, path: named, what }: DiskTrouble,
  stateDir: string | undefined,
  cause: unknown,
): GossipChannelError {
  const place = named ?? stateDir;
  const where = place === undefined ? "a file" : `'${place}'`;
  // What is named may not be there yet, and the command wants something that is.
  const folder = stateDir ?? (named === undefined ? undefined : path.dirname(named));
  const look = folder === undefined ? "" : ` Look: ${command} '${folder}'.`;
  const next =
    stateDir === undefined
      ? "Mend that, then try again."
      : "The account tries again by itself; at once with: openclaw gateway restart";
  return new GossipChannelError(
    "state_unwritable",
    `gossip: ${where} cannot be used: ${what} (${code}). Nothing was replaced.${look} ${next}`,
    { cause },
  );
}
