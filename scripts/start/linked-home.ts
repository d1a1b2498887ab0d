import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  globSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { readOpenclawVersion } from "channel-testing";

const STAMP = "stamp";

/** What a linked plugin consists of, as far as the host is concerned. */
const PLUGIN_FILES = ["package.json", "openclaw.plugin.json", "dist/**"];

/** The home as it was after a link, without the folders that the host makes anew. */
const KEPT = [".openclaw/openclaw.json", ".openclaw/state", ".openclaw/plugins"];

export interface LinkedHome {
  /** Home of the host; empty, or just restored. */
  readonly home: string;
  /** Where the result of a link is kept between runs. */
  readonly cache: string;
  readonly pluginFolders: readonly string[];
}

/**
 * Copies what an earlier link of the same plugins, from the same places, under the same host wrote: this saves the 5 to
 * 16 seconds of the host's own command. Call it before the host's configuration is written.
 *
 * @returns False when there is no such link; then link, and call {@link saveLinkedHome}.
 */
export function restoreLinkedHome(place: LinkedHome): boolean {
  const stampFile = path.join(place.cache, STAMP);
  if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== fingerprint(place))
    return false;
  copyKept(place.cache, place.home);
  return true;
}

/** Keeps the result of a link. No process of the host may run meanwhile. */
export function saveLinkedHome(place: LinkedHome): void {
  rmSync(place.cache, { recursive: true, force: true });
  copyKept(place.home, place.cache);
  // Last, so that a run that is stopped in between leaves no stamp.
  writeFileSync(path.join(place.cache, STAMP), fingerprint(place), { mode: 0o600 });
}

function copyKept(from: string, to: string): void {
  for (const name of KEPT) {
    const source = path.join(from, name);
    if (existsSync(source)) cpSync(source, path.join(to, name), { recursive: true });
  }
}

function fingerprint({ home, pluginFolders }: LinkedHome): string {
  const hash = createHash("sha256");
  for (const part of [home, ...pluginFolders, readOpenclawVersion()]) hash.update(`${part}\0`);
  for (const pluginFolder of pluginFolders) {
    for (const name of globSync(PLUGIN_FILES, { cwd: pluginFolder }).toSorted()) {
      const file = path.join(pluginFolder, name);
      if (statSync(file).isFile()) hash.update(`${name}\0`).update(readFileSync(file));
    }
  }
  return hash.digest("hex");
}
