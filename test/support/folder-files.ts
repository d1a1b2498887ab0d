import { type Dirent, lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One file or folder, by its path from where the look began. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly mode: number;
  readonly size: number;
}

/**
 * The files and folders below a folder, itself as `.`; no links. Something may be at work in it: what is gone by the time it
 * is looked at is left out.
 *
 * @throws Error if there is no such folder.
 */
export function listEntries(folder: string): FolderEntry[] {
  const names = [".", ...namesBelow(folder, readdirSync(folder, { withFileTypes: true }))];
  return names.flatMap((name) => {
    const stat = unlessGone(() => lstatSync(path.join(folder, name)));
    if (stat === undefined || stat.isSymbolicLink()) return [];
    return [{ name, isFile: stat.isFile(), mode: stat.mode, size: stat.size }];
  });
}

/** The files below a folder with what is in them, as {@link listEntries}. */
export function readFiles(folder: string): { name: string; bytes: Buffer }[] {
  return listEntries(folder)
    .filter(({ isFile }) => isFile)
    .flatMap(({ name }) => {
      const bytes = unlessGone(() => readFileSync(path.join(folder, name)));
      return bytes ? [{ name, bytes }] : [];
    });
}

function namesBelow(folder: string, entries: readonly Dirent[]): string[] {
  return entries.flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const inner = path.join(folder, entry.name);
    const below = unlessGone(() => readdirSync(inner, { withFileTypes: true })) ?? [];
    return [entry.name, ...namesBelow(inner, below).map((name) => path.join(entry.name, name))];
  });
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "code") === "ENOENT") return undefined;
    throw error;
  }
}
