import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openMeshStore } from "../../packages/mesh-sdk/src/store/mesh-store.ts";
import type { MeshStore } from "../../packages/mesh-sdk/src/store/port.ts";
import { DigestSum } from "../../packages/mesh-sdk/src/store/digest-sum.ts";
import { KEEP_ALL, numberedMessage } from "../support/mesh-numbered-message.ts";

const WRITER = fileURLToPath(new URL("../support/mesh-store-writer.ts", import.meta.url));
/** After how many acknowledged messages the process is killed: in the first commit, and later. */
const KILLS_AFTER = [1, 700, 64, 1_500, 300, 2_600, 65, 5];

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-crash-"));
  file = path.join(folder, "peer", "mesh.db");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Lets a process store messages from a number on, kills it, and says which it was told are stored. */
async function storeUntilKilled(first: number, killAfter: number): Promise<number[]> {
  const writer = spawn(process.execPath, [WRITER, file, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(writer, "exit");
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === killAfter) writer.kill("SIGKILL");
  }
  const [code, signal] = await exited;
  expect({ code, signal }).toEqual({ code: null, signal: "SIGKILL" });
  return acknowledged;
}

/** Whether what the store says of its channels is what lies in them. */
function assertBooksAgree(store: MeshStore): void {
  let counted = 0;
  for (const { channelId, count } of store.channels()) {
    const sum = new DigestSum();
    for (const { digest } of store.items(channelId, {}, 1_000_000)) sum.add(digest);
    expect(store.summarize(channelId, {})).toEqual({ count, fingerprint: sum.bytes });
    counted += count;
  }
  expect(store.stats().messages).toBe(counted);
}

it(
  "loses no acknowledged message when the process is killed in the middle of commits",
  { timeout: 60_000 },
  async () => {
    const acknowledged: number[] = [];
    for (const killAfter of KILLS_AFTER) {
      const told = await storeUntilKilled((acknowledged.at(-1) ?? -1) + 1, killAfter);
      acknowledged.push(...told);
      using store = openMeshStore({ path: file, limits: KEEP_ALL });
      const lost = acknowledged.filter((number) => {
        const { digest, message } = numberedMessage(number);
        const item = { digest, timestampMs: message.timestampMs };
        return store.lacking(message.channelId, [item]).length > 0;
      });
      expect(lost).toEqual([]);
      assertBooksAgree(store);
    }
    using store = openMeshStore({ path: file, limits: KEEP_ALL });
    const waiting = store.unhandledAfter(0, 1_000_000).map(({ message }) => message.messageId);
    expect(new Set(waiting).size).toBe(waiting.length);
    const expected = new Set(
      acknowledged.map((number) => numberedMessage(number).message.messageId),
    );
    expect([...expected].filter((id) => !waiting.includes(id))).toEqual([]);
  },
);
