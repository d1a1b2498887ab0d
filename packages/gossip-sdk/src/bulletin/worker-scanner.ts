import { Worker } from "node:worker_threads";
import type { AnnouncementScanKey } from "../announcement/announcement.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Scanner } from "./scan.ts";
import type { ScanReply, ScanRequest } from "./scan-messages.ts";
import { createSlicedScanner } from "./sliced-scanner.ts";

/**
 * A scanner in a worker thread. The thread starts with the first page and ends with `close`; when it cannot start, or
 * dies, this and all later pages are scanned in this thread, in slices.
 *
 * @param options.onFallback - Told once when that happens, with the reason.
 */
export function createWorkerScanner(options: {
  crypto: CryptoProvider;
  workerUrl?: URL;
  onFallback?: (reason: string) => void;
}): Scanner {
  const { crypto, workerUrl = defaultWorkerUrl(), onFallback } = options;
  const sliced = createSlicedScanner(crypto);
  let thread: ScanThread | undefined;
  let fallenBack = false;

  return {
    async scan(keys, announcements) {
      if (!fallenBack) {
        try {
          thread ??= new ScanThread(workerUrl);
          return await thread.scan(keys, announcements);
        } catch (error) {
          if (!fallenBack) onFallback?.(error instanceof Error ? error.message : "unknown");
          fallenBack = true;
        }
      }
      return sliced.scan(keys, announcements);
    },
    async close() {
      await thread?.close();
      thread = undefined;
    },
  };
}

/** Beside this module: as a source next to a source, and as a bundle next to the bundle that this is part of. */
function defaultWorkerUrl(): URL {
  const file = import.meta.url.endsWith(".ts") ? "./scan-worker.ts" : "./scan-worker.js";
  return new URL(file, import.meta.url);
}

interface Waiting {
  readonly resolve: (finds: ScanReply["finds"]) => void;
  readonly reject: (error: Error) => void;
}

class ScanThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #failure: Error | undefined;

  constructor(url: URL) {
    // No inherited flags: a loader or inspector of the host has no business in this thread.
    this.#worker = new Worker(url, { name: "gossip-scan", execArgv: [], stderr: false });
    this.#worker.on("message", (reply: ScanReply) => {
      this.#waiting.get(reply.id)?.resolve(reply.finds);
      this.#waiting.delete(reply.id);
      this.#worker.unref();
    });
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`scan worker ended with code ${code}`)));
    this.#worker.unref();
  }

  scan(
    keys: readonly AnnouncementScanKey[],
    announcements: readonly Uint8Array[],
  ): Promise<ScanReply["finds"]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId;
    this.#nextId += 1;
    const bytes = joined(announcements);
    const request: ScanRequest = {
      id,
      keys: keys.map((key) => ({
        kemSeed: key.kemSecret.reveal(),
        kemPublicKey: key.kemPublicKey,
      })),
      bytes,
      lengths: announcements.map((announcement) => announcement.length),
    };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A process that has nothing else to do still waits for the page it is scanning.
      this.#worker.ref();
      this.#worker.postMessage(request, [bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** All bytes in one buffer, which can be handed over to the thread instead of copied. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
