import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a relay on this machine that counts what passes, headers included, as TCP carries it. */
export interface CountingProxy extends AsyncDisposable {
  readonly url: string;
  /** In both directions since the start. */
  readonly bytes: number;
}

/** @param target - `http://127.0.0.1:PORT` and a path, which the proxy's address gets too. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { port, pathname } = new URL(target);
  let bytes = 0;
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(Number(port), "127.0.0.1");
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on("data", (chunk) => (bytes += chunk.length));
      // A connection that is cut ends its other half.
      socket.on("error", () => undefined);
    }
    inner.pipe(outer).pipe(inner);
    inner.on("close", () => {
      sockets.delete(inner);
      outer.destroy();
    });
    outer.on("close", () => {
      sockets.delete(outer);
      inner.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("proxy: no port");
  return {
    url: `http://127.0.0.1:${address.port}${pathname === "/" ? "" : pathname}`,
    get bytes() {
      return bytes;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
