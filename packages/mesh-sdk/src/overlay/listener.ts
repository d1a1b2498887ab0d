import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { MeshError } from "../errors.ts";
import { MAX_PAGE_BYTES } from "../frame/limits.ts";
import { linkHostOf } from "../link-proof/link-proof.ts";
import type { ListenOptions } from "../peer/types.ts";
import { isLoopbackHost, isOwnName, judgeCaller, type DoorPolicy } from "./door.ts";

const DEFAULT_HOST = "127.0.0.1";
const STATUS_TEXT = {
  403: "Forbidden",
  404: "Not Found",
  421: "Misdirected Request",
  503: "Service Unavailable",
};

export interface ListenerOptions {
  readonly listen: ListenOptions;
  readonly maxLinks: number;
  readonly maxLinksPerAddress: number;
  /** From the first byte to the end of the request that asks for a WebSocket. */
  readonly handshakeMs: number;
  /** @param host - The name that was dialed, by {@link linkHostOf}; undefined for one that is not known for ours. */
  onConnection(socket: WebSocket, raw: Socket, host: string | undefined): void;
}

export interface Listener {
  readonly port: number;
  /** Whether others may come whom nobody has told under which name: then most of them stay unproven. */
  readonly lacksName: boolean;
  /** Accepts nobody any more and cuts every connection that is not a WebSocket yet. */
  close(): Promise<void>;
}

/**
 * Listens for neighbors. Loopback by default; every connection counts against the caps from the moment it is there, and
 * `Host` and `Origin` are judged before it becomes a WebSocket.
 *
 * @throws MeshError `network_unreachable` when the address or the port cannot be used.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { listen, handshakeMs } = options;
  const host = listen.host ?? DEFAULT_HOST;
  const policy: DoorPolicy = {
    isLoopbackOnly: isLoopbackHost(host),
    publicHosts: listen.publicHosts ?? [],
    allowedOrigins: listen.allowedOrigins ?? [],
  };
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_PAGE_BYTES,
    perMessageDeflate: false,
    autoPong: false,
  });
  const server = createServer({
    headersTimeout: handshakeMs,
    requestTimeout: handshakeMs,
    connectionsCheckingInterval: Math.min(handshakeMs, 1_000),
    maxHeaderSize: 8 * 1024,
  });
  limitConnections(server, options);
  server.on("request", (request, response) => {
    request.resume();
    response.writeHead(404, { connection: "close" }).end();
  });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const { socket: raw } = request;
    raw.on("error", () => {});
    const verdict = judgeCaller(request.headers, policy);
    if (verdict !== "open") {
      refuse(stream, verdict === "foreign_host" ? 421 : 403);
      return;
    }
    const { host: header } = request.headers;
    const isOurs = isOwnName(header, raw.localAddress, policy);
    const dialed = isOurs ? linkHostOf(header ?? "") : undefined;
    upgrader.handleUpgrade(request, stream, head, (socket) =>
      options.onConnection(socket, raw, dialed),
    );
  });
  server.on("clientError", (_error, stream) => stream.destroy());
  server.listen(listen.port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new MeshError(
      "network_unreachable",
      `listener: cannot listen (${code}); choose another port`,
      {
        cause,
      },
    );
  }
  const address = server.address();
  return {
    lacksName: !policy.isLoopbackOnly && policy.publicHosts.length === 0,
    port: typeof address === "object" && address !== null ? address.port : listen.port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Counts connections, WebSockets or not, in all and for each address; what is over a cap is cut before it is read. */
function limitConnections(server: Server, { maxLinks, maxLinksPerAddress }: ListenerOptions): void {
  const perAddress = new Map<string, number>();
  let all = 0;
  server.on("connection", (socket: Socket) => {
    const key = addressKey(socket.remoteAddress ?? "");
    const count = perAddress.get(key) ?? 0;
    if (all >= maxLinks || count >= maxLinksPerAddress) {
      socket.destroy();
      return;
    }
    all += 1;
    perAddress.set(key, count + 1);
    socket.once("close", () => {
      all -= 1;
      const left = (perAddress.get(key) ?? 1) - 1;
      if (left === 0) perAddress.delete(key);
      else perAddress.set(key, left);
    });
  });
}

/** Whoever has one IPv6 address has the 2^64 of its network: they count as one. */
function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/iu.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const { hostname } = new URL(`http://[${address.replace(/%.*$/u, "")}]/`);
  return expandNetwork(hostname.slice(1, -1));
}

function expandNetwork(address: string): string {
  const [head = "", tail] = address.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: zeros }, () => "0"), ...back].slice(0, 4).join(":");
}

function refuse(stream: Duplex, status: keyof typeof STATUS_TEXT): void {
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
