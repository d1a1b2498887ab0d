import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { Checkpoint } from "./crash-plugin/checkpoints.ts";

/** Decides how far the turns in a gateway come. */
export interface CrashControl extends AsyncDisposable {
  /** For the plugin, see `CONTROL_VARIABLE`. */
  readonly url: string;
  /** Stops the turn in a conversation at a checkpoint. Resolves when it stands there. */
  park(checkpoint: Checkpoint, conversation: string): Promise<void>;
  /** From now on nobody is stopped. Who stands goes on, if still there. */
  release(): void;
}

export async function startCrashControl(): Promise<CrashControl> {
  const arrivals = new Map<string, () => void>();
  const standing = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    request.resume();
    const arrive = arrivals.get(request.url ?? "");
    if (arrive === undefined) {
      response.writeHead(204).end();
      return;
    }
    standing.add(response);
    arrive();
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("control: no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    park: (checkpoint, conversation) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      arrivals.set(`/${checkpoint}/${conversation}`, resolve);
      return promise;
    },
    release: () => {
      arrivals.clear();
      for (const response of standing) response.writeHead(204).end();
      standing.clear();
    },
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}
