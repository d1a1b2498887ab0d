import { createHash } from "node:crypto";
import {
  meshKeyFromSeed,
  type MeshKey,
  type MeshTiming,
} from "../../packages/mesh-sdk/src/index.ts";

/** Both sides listen to it; every second message goes through it, the others directly. */
export const CHANNEL = "lobby";

/** Pauses of both sides: short, so that many kills meet many messages. */
export const CRASH_TIMING: Partial<MeshTiming> = {
  redialMinMs: 20,
  redialMaxMs: 80,
  syncMs: 500,
  pingMs: 1_000,
};

/** An echo on the wire is longer than this, and nothing else that the child sends is. */
export const LEAST_ECHO_BYTES = 2_000;

/** An echo. It is long: sealed or not, its size tells it from what else goes over the line. */
export function padEcho(text: string): string {
  return text.padEnd(LEAST_ECHO_BYTES);
}

/** The key of a peer, from the secret that the child gets in its environment. */
export function keyFrom(secret: string): MeshKey {
  return meshKeyFromSeed(createHash("sha256").update(secret).digest());
}
