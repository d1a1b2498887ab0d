import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { MeshError } from "../errors.ts";
import { type MeshKey, meshKeyFromPem } from "./mesh-key.ts";

const PRIVATE_FILE = "key.pem";
const PUBLIC_FILE = "pub.pem";
const MAX_PEM_BYTES = 4096;
const OTHERS = 0o077;

/**
 * The key in a folder as the reference lays it out (section 1.1): `key.pem` in PKCS #8 and `pub.pem` in SPKI. Without any, a
 * new key is made and on the disk when this returns. A lost `pub.pem` is written again; `key.pem` is never replaced.
 *
 * @throws MeshError `insecure_state_path` (a link, or another user's), `state_unreadable` (one that cannot be read, a
 *   `pub.pem` whose key is gone, or is another), `state_unwritable`. The text names the file and what to do.
 */
export async function loadOrCreateKey(folder: string): Promise<MeshKey> {
  await ensureFolder(folder);
  const files = {
    private: path.join(folder, PRIVATE_FILE),
    public: path.join(folder, PUBLIC_FILE),
  };
  // In this order: whoever starts beside us writes the private one first.
  const publicPem = await tryReadPem(files.public);
  const privatePem = await tryReadPem(files.private);
  if (privatePem === undefined && publicPem !== undefined) {
    throw new MeshError(
      "state_unreadable",
      `${files.private} is gone, and ${files.public} says whose it was. Put the key back from a backup; to begin as ` +
        "somebody new, move the other file away.",
    );
  }
  if (privatePem === undefined) await createKeyFile(files.private);
  const key = readKey(files.private, privatePem ?? (await tryReadPem(files.private)) ?? "");
  if (publicPem === undefined) await writePublicFile(files.public, key.publicKeyPem);
  else assertSamePublicKey(files, publicPem, key);
  return key;
}

function readKey(file: string, pem: string): MeshKey {
  try {
    return meshKeyFromPem(pem);
  } catch (cause) {
    throw new MeshError(
      "state_unreadable",
      `${file} holds no Ed25519 private key in PEM. It was left as it is; put the right file there.`,
      { cause },
    );
  }
}

function assertSamePublicKey(
  files: { readonly private: string; readonly public: string },
  publicPem: string,
  key: MeshKey,
): void {
  // Line ends and the last new line are nobody's identity.
  if (publicPem.replaceAll(/\s/g, "") === key.publicKeyPem.replaceAll(/\s/g, "")) return;
  throw new MeshError(
    "state_unreadable",
    `${files.public} is not the public half of ${files.private}. Put the right pair there, or delete the first: it is ` +
      "written again.",
  );
}

/** The folder of the reference is open to others; ours is not. */
async function ensureFolder(folder: string): Promise<void> {
  await atDisk(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  const stats = await atDisk(folder, () => lstat(folder));
  if (!stats.isDirectory()) throw insecure(folder, "it is a link or not a folder");
  assertOwn(folder, stats.uid);
  if ((stats.mode & OTHERS) === 0) return;
  const handle = await atDisk(folder, () => open(folder, constants.O_RDONLY));
  try {
    await atDisk(folder, () => handle.chmod(0o700));
  } finally {
    await handle.close();
  }
}

async function tryReadPem(file: string): Promise<string | undefined> {
  const handle = await openWithoutFollowing(file);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw insecure(file, "it is not a regular file");
    assertOwn(file, stats.uid);
    if (stats.size > MAX_PEM_BYTES) {
      throw new MeshError("state_unreadable", `${file} is larger than any key. It was left as is.`);
    }
    if (path.basename(file) === PRIVATE_FILE && (stats.mode & OTHERS) !== 0) {
      await handle.chmod(0o600);
    }
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

async function openWithoutFollowing(file: string) {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    if (hasCode(cause, "ELOOP")) throw insecure(file, "it is a symbolic link");
    throw new MeshError("state_unreadable", `${file} cannot be opened; check who may read it.`, {
      cause,
    });
  }
}

/** A hard link, unlike a rename, fails where there is a file already: of two starts at once, one key stays. */
async function createKeyFile(file: string): Promise<void> {
  const pem = pemOf(generateKeyPairSync("ed25519").privateKey);
  const temporary = `${file}.${randomUUID()}.new`;
  await writeSynced(temporary, pem);
  try {
    await link(temporary, file);
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw unwritable(file, cause);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolderOf(file);
}

async function writePublicFile(file: string, pem: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.new`;
  await writeSynced(temporary, pem);
  await atDisk(file, () => rename(temporary, file));
  await syncFolderOf(file);
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

async function writeSynced(file: string, text: string): Promise<void> {
  // "wx" refuses a file or link that someone else put there in between.
  const handle = await atDisk(file, () => open(file, "wx", 0o600));
  try {
    await atDisk(file, () => handle.writeFile(text));
    await atDisk(file, () => handle.sync());
  } finally {
    await handle.close();
  }
}

async function syncFolderOf(file: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot open folders; NTFS journals its names.
  const handle = await open(path.dirname(file), constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function atDisk<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function assertOwn(file: string, uid: number): void {
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw insecure(file, "it belongs to another user");
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function insecure(file: string, reason: string): MeshError {
  return new MeshError(
    "insecure_state_path",
    `refusing ${file}: ${reason}. Nothing was changed; put the real file or folder there and start again.`,
  );
}

function unwritable(file: string, cause: unknown): MeshError {
  return new MeshError(
    "state_unwritable",
    `${file} cannot be written; check the disk and its owner.`,
    {
      cause,
    },
  );
}
