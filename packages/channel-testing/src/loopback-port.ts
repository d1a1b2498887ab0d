import { createServer } from "node:net";
import type { Server } from "node:net";

/** Makes `server` listen on a free port of 127.0.0.1 and returns that port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("not a TCP server");
  return address.port;
}

/** A port that was free a moment ago, for programs that want a number in their configuration. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
  return port;
}
