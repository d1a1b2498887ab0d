import { parentPort } from "node:worker_threads";
import type { AnnouncementScanKey } from "../announcement/announcement.ts";
import { defaultCrypto } from "../crypto/select.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import { scanOne } from "./scan.ts";
import type { ScanReply, ScanRequest } from "./scan-messages.ts";

/*
 * The worker thread behind the bulletin scan. It holds no state but the keys of the last request, so that the crypto
 * provider imports each of them once and not once per page.
 */

const crypto = defaultCrypto();
let keys = new Map<string, AnnouncementScanKey>();

parentPort?.on("message", (request: ScanRequest) => {
  keys = new Map(
    request.keys.map(({ kemSeed, kemPublicKey }) => {
      const name = Buffer.from(kemPublicKey).toString("latin1");
      return [name, keys.get(name) ?? { kemSecret: new SecretBytes(kemSeed), kemPublicKey }];
    }),
  );
  const finds = request.keys.map((): number[] => []);
  let offset = 0;
  for (const [index, length] of request.lengths.entries()) {
    const announcement = request.bytes.subarray(offset, offset + length);
    offset += length;
    scanOne([...keys.values()], announcement, crypto, (keyIndex) => finds[keyIndex]?.push(index));
  }
  const reply: ScanReply = { id: request.id, finds };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(reply);
});
