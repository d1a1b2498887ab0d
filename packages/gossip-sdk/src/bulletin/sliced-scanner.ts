import type { CryptoProvider } from "../crypto/provider.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import { type Scanner, scanOne } from "./scan.ts";

/** A scanner for where no worker thread can start: it works in this thread, in short slices. */
export function createSlicedScanner(crypto: CryptoProvider): Scanner {
  return {
    async scan(keys, announcements) {
      const finds = keys.map((): number[] => []);
      await forEachInSlices(announcements.entries(), ([index, announcement]) => {
        scanOne(keys, announcement, crypto, (keyIndex) => finds[keyIndex]?.push(index));
      });
      return finds;
    },
    close: () => Promise.resolve(),
  };
}
