import { describe, expect, it } from "vitest";
import { createAnnouncement } from "../announcement/announcement.ts";
import { defaultCrypto } from "../crypto/select.ts";
import { identityFromRoot } from "../identity/identity.ts";
import { createSlicedScanner } from "./sliced-scanner.ts";
import { createWorkerScanner } from "./worker-scanner.ts";

const crypto = defaultCrypto();
const people = [1, 2, 3].map((root) => identityFromRoot(new Uint8Array(32).fill(root), crypto));
const keys = people.map(({ secrets, publicKeys }) => ({
  kemSecret: secrets.kem,
  kemPublicKey: publicKeys.kemPublicKey,
}));

/** One announcement to each of the first two people, among noise of all sizes. */
function page(): Uint8Array[] {
  const [sender, ...others] = people.toReversed();
  const announcements = others.map(({ publicKeys }) =>
    createAnnouncement({
      identity: sender ?? people[0]!,
      recipient: publicKeys,
      userData: new Uint8Array(0),
      nowMs: 0,
      crypto,
    }),
  );
  const noise = [0, 1, 1120, 8970, 60_000].map((length) => crypto.randomBytes(length));
  return [...noise, ...announcements.map(({ bytes }) => bytes)];
}

describe("a scan", () => {
  it.each([
    ["in a worker thread", () => createWorkerScanner({ crypto })],
    ["in slices", () => createSlicedScanner(crypto)],
  ])("%s finds exactly what is for each key", async (_where, open) => {
    const scanner = open();
    const announcements = page();
    expect(await scanner.scan(keys, announcements)).toEqual([[6], [5], []]);
    expect(await scanner.scan(keys.slice(0, 1), announcements)).toEqual([[6]]);
    await scanner.close();
  });

  it("goes on in slices when the worker cannot start, and says why once", async () => {
    const reasons: string[] = [];
    const scanner = createWorkerScanner({
      crypto,
      workerUrl: new URL("file:///nowhere/scan-worker.js"),
      onFallback: (reason) => reasons.push(reason),
    });
    expect(await scanner.scan(keys, page())).toEqual([[6], [5], []]);
    expect(await scanner.scan(keys, page())).toEqual([[6], [5], []]);
    expect(reasons).toHaveLength(1);
    await scanner.close();
  });

  it("in a worker thread leaves the event loop to others", async () => {
    const scanner = createWorkerScanner({ crypto });
    const announcements = Array.from({ length: 400 }, () => crypto.randomBytes(8970));
    await scanner.scan(keys, announcements.slice(0, 1));
    let longestMs = 0;
    let lastMs = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    const startedMs = performance.now();
    await scanner.scan(keys, announcements);
    const wholeMs = performance.now() - startedMs;
    clearInterval(watch);
    await scanner.close();
    expect(longestMs).toBeLessThan(wholeMs);
  });
});
