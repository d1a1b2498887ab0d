import { argon2, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import { identityFromMnemonic } from "../../packages/gossip-sdk/src/identity/identity.ts";
import { generateMnemonic } from "../../packages/gossip-sdk/src/identity/mnemonic.ts";
import { userIdToBytes } from "../../packages/gossip-sdk/src/identity/user-id.ts";
import { identityFromWords } from "../baseline/gossip.ts";
import { median, WrongResultError } from "../measure.ts";
import { createRecord } from "../records.ts";
import type { BenchResult } from "../records.ts";
import { watchBlocks } from "./block-monitor.ts";

const ROUNDS = 7;
const BLOCK_LIMIT_MS = 50;
const SEEDED_KEYS = [
  ["ml-dsa-65", "raw-seed", 32],
  ["ml-kem-768", "raw-seed", 64],
  ["ed25519", "raw-private", 32],
] as const;

const argon2Async = promisify(argon2);

/** Words to keys, and how long the event loop is blocked by it. */
export async function benchIdentity(crypto: CryptoProvider): Promise<BenchResult[]> {
  const samples = { ours: [] as number[], baseline: [] as number[], raw: [] as number[] };
  let longestBlockMs = 0;
  let longestTurnCpuMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const words = generateMnemonic();
    const endWatching = watchBlocks();
    // One after the other: side by side they would compete for the cores.
    const ours = await timed(() => identityFromMnemonic(words, crypto));
    await nextTurn();
    const longest = endWatching();
    longestBlockMs = Math.max(longestBlockMs, longest.wallMs);
    longestTurnCpuMs = Math.max(longestTurnCpuMs, longest.cpuMs);
    const raw = await timed(rawIdentity);
    // Last: it leaves 32 MB of garbage and a second's worth of timers.
    const baseline = await timed(() => Promise.resolve(identityFromWords(words)));
    globalThis.gc?.();
    const expected = Buffer.from(baseline.value.publicKeys.userId);
    if (!expected.equals(userIdToBytes(ours.value.userId))) {
      throw new WrongResultError("identity-from-words: another user id than the yardstick's");
    }
    samples.ours.push(ours.elapsedMs);
    samples.baseline.push(baseline.elapsedMs);
    samples.raw.push(raw.elapsedMs);
  }
  return [
    {
      record: createRecord({
        name: "identity-from-words",
        unit: "ms",
        value: median(samples.ours),
        baseline: median(samples.baseline),
        raw: median(samples.raw),
      }),
    },
    {
      record: createRecord({
        name: "identity-from-words-longest-block",
        unit: "ms",
        value: longestBlockMs,
      }),
      valueLimit: BLOCK_LIMIT_MS,
    },
    {
      record: createRecord({
        name: "identity-from-words-longest-turn-cpu",
        unit: "ms",
        value: longestTurnCpuMs,
      }),
      valueLimit: BLOCK_LIMIT_MS,
    },
  ];
}

/** Argon2id off the main thread, then the public keys of the seeds. */
async function rawIdentity(): Promise<void> {
  await argon2Async("argon2id", {
    message: randomBytes(75),
    nonce: randomBytes(32),
    parallelism: 1,
    tagLength: 32,
    memory: 32_768,
    passes: 4,
  });
  for (const [asymmetricKeyType, format, length] of SEEDED_KEYS) {
    const key = createPrivateKey({ key: randomBytes(length), format, asymmetricKeyType });
    createPublicKey(key).export({ format: "raw-public" });
  }
}

async function timed<T>(run: () => Promise<T>): Promise<{ value: T; elapsedMs: number }> {
  const startedAtMs = performance.now();
  const value = await run();
  return { value, elapsedMs: performance.now() - startedAtMs };
}

/** Lets the monitor see a block that ended just now. */
function nextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 10);
  return promise;
}
