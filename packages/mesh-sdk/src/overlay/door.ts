/** Who may open a connection to our listener, before anything is read from it. */
export interface DoorPolicy {
  readonly isLoopbackOnly: boolean;
  /** Names under which we are reached; loopback names always count. Empty on a public address means any. */
  readonly publicHosts: readonly string[];
  /** Web pages that may connect; programs send no `Origin`. */
  readonly allowedOrigins: readonly string[];
}

export type DoorVerdict = "open" | "foreign_host" | "foreign_origin";

/** Whether a host name or address, as it stands in a URL, means this machine only. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/u, "$1");
  return name === "localhost" || name === "::1" || /^127(?:\.\d{1,3}){3}$/u.test(name);
}

/**
 * Keeps out what a web page of another site would open: browsers let any page connect to any WebSocket and send its
 * `Origin`; a page that points its own name at our address (DNS rebinding) sends a foreign `Host`. Unlike for a web
 * service, no origin is trusted unless it is named, not even one on this machine.
 */
export function judgeCaller(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  policy: DoorPolicy,
): DoorVerdict {
  if (headers.origin !== undefined && !policy.allowedOrigins.includes(headers.origin)) {
    return "foreign_origin";
  }
  if (!policy.isLoopbackOnly && policy.publicHosts.length === 0) return "open";
  const name = readHostName(headers.host ?? "");
  if (name === undefined) return "foreign_host";
  const isOurs = isLoopbackHost(name) || policy.publicHosts.some((host) => isSame(host, name));
  return isOurs ? "open" : "foreign_host";
}

/**
 * Whether a caller has dialed us under a name of our own, so that proofs of keys may be made and believed for this name: a
 * peer in the middle, which passes on what two others send, was dialed under its own. Where no names are told, loopback names
 * and the address on which the connection came in are ours, and no other.
 *
 * @param host - As in the `Host` header.
 * @param localAddress - Of the socket.
 */
export function isOwnName(
  host: string | undefined,
  localAddress: string | undefined,
  { publicHosts }: Pick<DoorPolicy, "publicHosts">,
): boolean {
  const name = readHostName(host ?? "");
  if (name === undefined) return false;
  if (isLoopbackHost(name) || publicHosts.some((own) => isSame(own, name))) return true;
  return localAddress !== undefined && canonicalAddress(name) === canonicalAddress(localAddress);
}

/** An address in the one way in which URLs write it, IPv4 in IPv6 as IPv4, without a zone. */
function canonicalAddress(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/u, "$1").replace(/%.*$/u, "");
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/iu.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const url = bare.includes(":") ? `http://[${bare}]/` : `http://${bare}/`;
  return URL.canParse(url) ? new URL(url).hostname : bare;
}

/** The name in a `Host` header, in lower case, without the port; undefined for anything that is no such header. */
function readHostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:/?#@\\\s]+)(?::\d{1,5})?$/iu.exec(header);
  return match?.[1]?.toLowerCase();
}

/** Whether a name of ours, with or without the brackets that an IPv6 address has in URLs, is the one in a header. */
function isSame(own: string, name: string): boolean {
  return canonicalAddress(own.toLowerCase()) === canonicalAddress(name);
}
