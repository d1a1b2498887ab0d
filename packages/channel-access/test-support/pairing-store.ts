// The host's own store of pairing requests, as its command line uses it. No module of its SDK has the function that takes a
// code, so it is looked up by name.
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ChannelRuntime } from "../src/runtime.ts";

type Upsert = ChannelRuntime["pairing"]["upsertPairingRequest"];

interface Approval {
  readonly channel: string;
  readonly code: string;
  readonly accountId?: string;
}

export interface PairingStore {
  readonly upsert: Upsert;
  /** What `openclaw pairing approve CHANNEL CODE [--account ID]` does. @returns Whom it let in; null for a wrong code. */
  readonly approve: (approval: Approval) => Promise<{ readonly id: string } | null>;
}

/** Opens the store in `OPENCLAW_STATE_DIR`. */
export async function openPairingStore(): Promise<PairingStore> {
  const sdk = fileURLToPath(import.meta.resolve("openclaw/plugin-sdk/channel-pairing"));
  const dist = path.join(path.dirname(sdk), "..");
  const files = readdirSync(dist).filter((name) => /^pairing-store-[\w-]+\.mjs$/.test(name));
  const modules: object[] = await Promise.all(
    files.map((name) => import(pathToFileURL(path.join(dist, name)).href)),
  );
  const functions = modules.flatMap((each): unknown[] => Object.values(each));
  const find = (name: string): unknown =>
    functions.find((value) => typeof value === "function" && value.name === name);
  const upsert = find("upsertChannelPairingRequest");
  const approve = find("approveChannelPairingCode");
  if (!isUpsert(upsert) || !isApprove(approve)) {
    throw new TypeError("test: the host keeps its pairing store elsewhere");
  }
  return { upsert, approve };
}

const isUpsert = (value: unknown): value is Upsert => typeof value === "function";
const isApprove = (value: unknown): value is PairingStore["approve"] => typeof value === "function";
