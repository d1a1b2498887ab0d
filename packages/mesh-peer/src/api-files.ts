import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { MeshCommandError } from "./errors.ts";

/** A whole HTTP header line, so that `curl -H @FILE` sends it and no token stands on a command line. */
export const AUTH_FILE = "auth-header";
const ADDRESS_FILE = "api.json";
const TOKEN_BYTES = 32;
const HEADER = /^Authorization: Bearer (?<token>[A-Za-z0-9_-]{43})\n?$/u;
const OWNER_ONLY = 0o600;

const AddressSchema = z.object({ version: z.literal(1), url: z.url(), pid: z.int().positive() });

/** How to call the API of the peer that runs with a folder. */
export interface ApiAccess {
  readonly url: string;
  readonly token: string;
}

/**
 * The token of this folder's API, made on the first start and kept, so that scripts go on working.
 *
 * @throws MeshCommandError `unusable_file`: it is not ours, or others may read it.
 */
export function loadOrCreateToken(folder: string): string {
  const file = path.join(folder, AUTH_FILE);
  const found = tryReadOwnFile(file);
  if (found !== undefined) return parseToken(file, found);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(file, `Authorization: Bearer ${token}\n`);
  return token;
}

/** Says where the API listens. @returns Takes that back. */
export function publishAddress(folder: string, url: string): () => void {
  const file = path.join(folder, ADDRESS_FILE);
  writeWhole(file, `${JSON.stringify({ version: 1, url, pid: process.pid })}\n`);
  return () => rmSync(file, { force: true });
}

/** @throws MeshCommandError `not_running` | `unusable_file`. */
export function loadApiAccess(folder: string): ApiAccess {
  const addressFile = path.join(folder, ADDRESS_FILE);
  const authFile = path.join(folder, AUTH_FILE);
  const address = tryReadOwnFile(addressFile);
  const header = tryReadOwnFile(authFile);
  if (address === undefined || header === undefined) throw notRunning();
  return { url: parseAddress(addressFile, address), token: parseToken(authFile, header) };
}

export function notRunning(cause?: unknown): MeshCommandError {
  return new MeshCommandError(
    "not_running",
    "no peer runs here: start one with `mesh join`, or set MESH_STORE_PATH as it was set there",
    { cause },
  );
}

function parseToken(file: string, text: string): string {
  const token = HEADER.exec(text)?.groups?.["token"];
  if (token !== undefined) return token;
  throw new MeshCommandError(
    "unusable_file",
    `${file}: expected one Authorization header; move it away and start mesh join again for a new one`,
  );
}

/** @throws MeshCommandError `unusable_file` | `not_running`: the peer was killed, and its port may be somebody else's by now. */
function parseAddress(file: string, text: string): string {
  let address: z.infer<typeof AddressSchema>;
  try {
    address = AddressSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `${file}: not written by this version; stop mesh join and start it again`;
    throw new MeshCommandError("unusable_file", message, { cause });
  }
  if (!isAlive(address.pid)) throw notRunning();
  return address.url;
}

function isAlive(pid: number): boolean {
  try {
    // Sends nothing.
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Undefined when there is none. What others may read is no secret, and what they may write is not ours. */
function tryReadOwnFile(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    const message = `${file}: others may read or write it; move it away and start mesh join again for a new one`;
    throw new MeshCommandError("unusable_file", message);
  }
  return readFileSync(file, "utf8");
}

/** A reader sees the old file or the new one. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: OWNER_ONLY, flush: true });
  renameSync(draft, file);
}
