import net from "node:net";
import { withDeadline } from "channel-testing";
import {
  type LocalNodeOptions,
  type RunningLocalNode,
  startLocalNode,
  XmtpLocalNodeError,
} from "xmtp-local-node";

/** The only node that `convos --env local` talks to; it has no option for another one. */
const CONVOS_CLI_PORT = 5556;
/** Long enough for another test file with the CLI to come to its end. */
const TURN_TIMEOUT_MS = 300_000;

/**
 * Starts a local node where the Convos CLI looks for one. One process at a time can have it: while another holds the
 * port, this waits for its end. A private network for the CLI would need rights that a container does not always give.
 *
 * @throws `deadline`, naming the port, when it stays taken.
 */
export async function startConvosCliNode(
  options: Omit<LocalNodeOptions, "port"> = {},
): Promise<RunningLocalNode> {
  const giveUp = new AbortController();
  try {
    return await withDeadline(
      takeTurn(options, giveUp.signal),
      TURN_TIMEOUT_MS,
      `port ${CONVOS_CLI_PORT} is taken, and the Convos CLI knows no other: end what listens there (ss -ltnp)`,
    );
  } finally {
    giveUp.abort();
  }
}

async function takeTurn(
  options: Omit<LocalNodeOptions, "port">,
  signal: AbortSignal,
): Promise<RunningLocalNode> {
  for (;;) {
    try {
      return await startLocalNode({ ...options, port: CONVOS_CLI_PORT });
    } catch (error) {
      if (!(error instanceof XmtpLocalNodeError && error.code === "address_in_use")) throw error;
    }
    await holderGone(signal);
    signal.throwIfAborted();
  }
}

/** Resolves when whoever listens on the port closes the connection that this opens. */
async function holderGone(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = net.connect({ port: CONVOS_CLI_PORT, host: "127.0.0.1", signal });
  // Refused, reset, or ended: each is worth another try.
  socket.on("error", () => resolve()).on("close", () => resolve());
  socket.resume();
  await promise;
  socket.destroy();
}
