import { GossipError } from "../errors.ts";

const MAX_URL_CHARACTERS = 2048;

/**
 * Normalizes the base URL of a relay (docs/protocol/gossip.md section 9: it ends in `/api` on the official one).
 *
 * @param text - https, or http to this machine only: anybody on the way could otherwise swap keys and drop messages.
 * @returns Without a slash at the end.
 * @throws GossipError `insecure_relay_url`, also for what is no URL or holds a password, query or fragment.
 */
export function parseRelayUrl(text: string): string {
  if (text.length > MAX_URL_CHARACTERS) refuse(`longer than ${MAX_URL_CHARACTERS} characters`);
  const url = URL.canParse(text) ? new URL(text) : refuse("not a URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") refuse("expected https");
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    refuse("plain http is for relays on this machine only, use https");
  }
  if (url.username !== "" || url.password !== "") refuse("a user name or password is not allowed");
  if (url.search !== "" || url.hash !== "") refuse("a query or fragment is not allowed");
  return url.href.replace(/\/+$/u, "");
}

// The URL parser has already made 0x7f.1, 2130706433 and the like into dotted decimals.
function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/u.test(hostname)
  );
}

function refuse(reason: string): never {
  throw new GossipError("insecure_relay_url", `relay URL: ${reason}`);
}
