import { RequestError } from "./request-error.ts";

/** Whether a host name or address, as it stands in a URL, means this machine only. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/u, "$1");
  return name === "localhost" || name === "::1" || /^127(?:\.\d{1,3}){3}$/u.test(name);
}

export interface DoorPolicy {
  readonly isLoopbackOnly: boolean;
  /** Further names for the `Host` header; empty on a public address means any. */
  readonly allowedHosts: readonly string[];
  /** Further web origins ("https://app.example"); "*" means any, and so does empty on a public address. */
  readonly allowedOrigins: readonly string[];
}

/**
 * Refuses requests that a web page of another site made.
 *
 * A relay on loopback has no login: a page could reach it by rebinding its own name to 127.0.0.1 (then `Host` is
 * foreign), or directly with a form post (then `Origin` is foreign). Programs send no `Origin` and the right `Host`.
 *
 * @throws {@link RequestError} 421 `foreign_host` | 403 `foreign_origin`.
 */
export function assertExpectedCaller(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  policy: DoorPolicy,
): void {
  if (!isHostAllowed(headers.host, policy)) {
    throw new RequestError(421, "foreign_host", "Host: not a name of this relay");
  }
  if (headers.origin !== undefined && !isOriginAllowed(headers.origin, policy)) {
    throw new RequestError(403, "foreign_origin", "Origin: not allowed by this relay");
  }
}

function isHostAllowed(header: string | undefined, policy: DoorPolicy): boolean {
  if (!policy.isLoopbackOnly && policy.allowedHosts.length === 0) return true;
  const match = /^(\[[0-9a-f:.]+\]|[^:/?#@\\\s]+)(?::\d{1,5})?$/iu.exec(header ?? "");
  const name = match?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return isLoopbackHost(name) || policy.allowedHosts.includes(name);
}

function isOriginAllowed(origin: string, policy: DoorPolicy): boolean {
  if (!policy.isLoopbackOnly && policy.allowedOrigins.length === 0) return true;
  if (policy.allowedOrigins.includes("*") || policy.allowedOrigins.includes(origin)) return true;
  // Phone apps and development servers run on origins such as capacitor://localhost and http://localhost:5173.
  return URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname);
}
