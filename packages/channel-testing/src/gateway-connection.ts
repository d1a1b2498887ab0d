import type { GatewayClient } from "openclaw/plugin-sdk/gateway-runtime";
import { withDeadline } from "./deadline.ts";
import { HarnessError } from "./errors.ts";
import type { Host } from "./host.ts";

const CONNECT_TIMEOUT_MS = 30_000;
const CALL_TIMEOUT_MS = 60_000;
const SCOPES = [
  "operator.admin",
  "operator.read",
  "operator.write",
  "operator.pairing",
  "operator.approvals",
];

/** One operator connection to a running gateway. A call takes some 15 ms, an `openclaw` command some seconds. */
export interface GatewayConnection extends AsyncDisposable {
  /** @throws {@link HarnessError} `rpc_failed` with the gateway's own message. */
  call(method: string, params?: object): Promise<unknown>;
  close(): Promise<void>;
}

/** Connects with the gateway's token, as the CLI does, through the client that the host exports. */
export async function openGatewayConnection(host: Host): Promise<GatewayConnection> {
  // Loading the host's client takes a second: only those who connect pay for it.
  const { GatewayClient: Client } = await import("openclaw/plugin-sdk/gateway-runtime");
  const hello = Promise.withResolvers<void>();
  const client: GatewayClient = new Client({
    url: `ws://127.0.0.1:${host.port}`,
    token: host.token,
    // Token and loopback are proof enough for the gateway; a device identity would be written to our own home.
    deviceIdentity: null,
    sharedStateMode: "read-only",
    env: host.childEnv(),
    clientName: "gateway-client",
    mode: "backend",
    role: "operator",
    scopes: SCOPES,
    onHelloOk: () => hello.resolve(),
    onConnectError: (cause) =>
      hello.reject(new HarnessError("rpc_failed", "gateway: cannot connect", { cause })),
  });
  client.start();
  try {
    await withDeadline(hello.promise, CONNECT_TIMEOUT_MS, "the gateway's greeting");
  } catch (error) {
    await client.stopAndWait();
    throw error;
  }
  const close = (): Promise<void> => client.stopAndWait();
  return {
    async call(method, params = {}) {
      try {
        return await client.request<unknown>(method, params, { timeoutMs: CALL_TIMEOUT_MS });
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new HarnessError("rpc_failed", `gateway call ${method}: ${message}`, { cause });
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
