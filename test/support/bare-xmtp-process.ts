// XMTP's unmodified client with its state on disk, which does nothing but read along, by stream and by
// fetching what the stream may have missed: what its library costs by itself.
import { randomBytes } from "node:crypto";
import { Client } from "@xmtp/node-sdk";
import { keyFromHex, signPersonalMessage } from "convos-node-sdk";
import * as z from "zod";
import type { BareXmtpNews } from "./bare-xmtp.ts";

const ETHEREUM = 0;
/** As our client does while its stream is up. */
const SYNC_EVERY_MS = 60_000;

const { DATABASE, NODE_URL } = z
  .object({ DATABASE: z.string(), NODE_URL: z.string() })
  .parse(process.env);
const key = keyFromHex(randomBytes(32).toString("hex"));
const identifier = { identifier: key.address, identifierKind: ETHEREUM };
const client = await Client.create(
  {
    type: "EOA",
    getIdentifier: () => identifier,
    signMessage: (text) => signPersonalMessage(key.privateKey, text),
  },
  { env: "local", apiUrl: NODE_URL, dbPath: DATABASE, disableDeviceSync: true },
);
let messages = 0;
await client.conversations.streamAllMessages({ onValue: () => (messages += 1) });
setInterval(() => void client.conversations.syncAll().catch(() => undefined), SYNC_EVERY_MS);
process.on("disconnect", () => process.exit(0));
process.on("message", () => {
  globalThis.gc?.();
  tell({ kind: "counted", messages });
});
tell({ kind: "ready", inboxId: client.inboxId });

function tell(news: BareXmtpNews): void {
  process.send?.(news);
}
