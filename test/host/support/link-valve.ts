// The way between a gateway and a relay, which can be shut in one direction: what the gateway sends goes nowhere then.
import { connect, createServer, type Socket } from "node:net";

/** Below it are pings, receipts, and questions about what is stored; an answer has more. */
const LEAST_ANSWER_BYTES = 400;

export interface LinkValve extends AsyncDisposable {
  /** Where the gateway dials. */
  readonly port: number;
  /** Nothing that the gateway sends gets through until it is opened. */
  shut(): { readonly reached: Promise<void>; open(): void };
}

export async function openLinkValve(relayPort: number): Promise<LinkValve> {
  /** Each waits for an answer that does not get through, in order. */
  const waiting: (() => void)[] = [];
  let shuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((gateway) => {
    const relay = connect(relayPort, "127.0.0.1");
    for (const socket of [gateway, relay]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        gateway.destroy();
        relay.destroy();
      });
    }
    relay.pipe(gateway);
    // A link that lost something is of no use any more: what follows would be half a frame.
    let isBroken = false;
    gateway.on("data", (chunk) => {
      if (shuts === 0 && !isBroken) {
        relay.write(chunk);
        return;
      }
      isBroken = true;
      if (chunk.length >= LEAST_ANSWER_BYTES) waiting.shift()?.();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("test: no port");
  return {
    port: address.port,
    shut: () => {
      shuts += 1;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      let isOpen = false;
      return {
        reached: promise,
        open: () => {
          if (!isOpen) shuts -= 1;
          isOpen = true;
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
