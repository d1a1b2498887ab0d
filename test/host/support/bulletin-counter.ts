import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A relay's address for the bots alone, which notes what they download from the bulletin. */
export interface BulletinCounter extends AsyncDisposable {
  readonly url: string;
  /** Each download that had news, by the counter it started at. */
  readonly pages: readonly string[];
}

/** About this stretch of the way, or about an encoding that is undone here. */
const HOP_HEADERS = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);

/** Passes everything on to the relay as it is. */
export async function openBulletinCounter(relayUrl: string): Promise<BulletinCounter> {
  const pages: string[] = [];
  const relay = new URL(relayUrl);
  const server = createServer((request, response) => {
    passOn(relay, request, response, pages).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}${relay.pathname}`,
    pages,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function passOn(
  relay: URL,
  request: IncomingMessage,
  response: ServerResponse,
  pages: string[],
): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const type = request.headers["content-type"];
  const answer = await fetch(new URL(url, relay), {
    method,
    ...(type === undefined ? {} : { headers: { "content-type": type } }),
    ...(method === "GET" ? {} : { body: Buffer.concat(chunks) }),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const { after, limit } = Object.fromEntries(new URL(url, relay).searchParams);
  // One item alone is looked at once per account, to see whether the relay started over.
  const isDownload = after !== undefined && limit !== "1";
  if (isDownload && answer.ok && body.toString() !== "[]") pages.push(after);
  const headers = [...answer.headers].filter(([name]) => !HOP_HEADERS.has(name));
  response.writeHead(answer.status, Object.fromEntries(headers));
  response.end(body);
}
