import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { pinHost, type ResolveHost } from "../bootstrap/address-guard.ts";
import { raceAbort } from "../bootstrap/race-abort.ts";
import { MeshError } from "../errors.ts";
import { MAX_PAGE_BYTES } from "../frame/limits.ts";

export interface DialOptions {
  readonly allowPrivate: boolean;
  readonly resolve: ResolveHost;
  /** From the name of the host to the open WebSocket. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called in the moment when it is open, before anything is read from it. */
  readonly onOpen: (socket: WebSocket, raw: Socket) => void;
}

/**
 * Reads the address of a peer.
 *
 * @throws MeshError `invalid_url` for anything but `ws:` and `wss:`, and for one with a user, a password, or a fragment.
 */
export function parsePeerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === "" && url.password === "" && url.hash === "";
  if (url !== undefined && isPlain && (url.protocol === "ws:" || url.protocol === "wss:"))
    return url;
  throw new MeshError("invalid_url", "peer address: expected ws://host:port or wss://host");
}

/**
 * Opens a WebSocket to the address that was checked, and to no other: no redirects, no second look-up, no proxy.
 *
 * @throws MeshError `unsafe_address` | `network_unreachable`.
 */
export async function dialPeer(url: URL, options: DialOptions): Promise<void> {
  const { allowPrivate, resolve, signal, timeoutMs } = options;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const { lookup } = await raceAbort(pinHost(url.hostname, { allowPrivate, resolve }), deadline);
  const { promise, resolve: opened, reject } = Promise.withResolvers<void>();
  const socket = new WebSocket(url, {
    lookup,
    maxPayload: MAX_PAGE_BYTES,
    perMessageDeflate: false,
    autoPong: false,
    followRedirects: false,
    // No pool: a socket of it may lead to an address that was checked at another time.
    agent: false,
  });
  let raw: Socket | undefined;
  const abort = (): void => socket.terminate();
  deadline.addEventListener("abort", abort, { once: true });
  socket.once("upgrade", (response) => {
    raw = response.socket;
  });
  socket.once("open", () => {
    if (raw === undefined) throw new TypeError("a WebSocket opened without a connection");
    options.onOpen(socket, raw);
    opened();
  });
  socket.on("error", reject);
  socket.once("close", () => reject(new Error("closed before it was open")));
  try {
    await promise;
  } catch (cause) {
    throw new MeshError("network_unreachable", "peer: no connection", { cause });
  } finally {
    deadline.removeEventListener("abort", abort);
  }
}
