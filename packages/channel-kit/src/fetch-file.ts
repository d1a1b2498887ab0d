// Fetches what somebody says lies on the web. His address is no reason to trust it: OpenClaw's guard resolves it, refuses what
// is not public, and connects to the very addresses that it has checked.
import {
  fetchWithSsrFGuard,
  type LookupFn,
  type SsrFPolicy,
} from "openclaw/plugin-sdk/ssrf-runtime";
import { ChannelKitError } from "./errors.ts";

/** From the first byte asked for to the last one received. */
const DEADLINE_MS = 30_000;
/** Storage services redirect once or twice. */
const MAX_REDIRECTS = 3;

/** Gets at most so many bytes. @throws Error for everything that is not exactly that; its text may name the address. */
export type FetchFile = (
  url: string,
  limits: { readonly maxBytes: number; readonly signal: AbortSignal },
) => Promise<Uint8Array>;

/** What only tests may change: to let through a server of their own, and to say which address a name has. */
export interface FetchExceptions {
  readonly policy?: SsrFPolicy;
  readonly lookup?: LookupFn;
  /** Ports beside 443. */
  readonly ports?: readonly string[];
  /** A certificate to trust, PEM. */
  readonly ca?: string;
  readonly deadlineMs?: number;
}

/**
 * Fetches over https from public addresses, without a name of ours, cookies or a proxy of the sender's choice. A name is
 * resolved once and the connection goes to what was resolved, at each redirect again.
 */
export function createFileFetcher(channelId: string, exceptions: FetchExceptions = {}): FetchFile {
  const { ca, deadlineMs = DEADLINE_MS, lookup, policy, ports = [] } = exceptions;
  const assertPort = ({ port }: URL): void => {
    if (port === "" || ports.includes(port)) return;
    throw new ChannelKitError(
      "file_refused",
      `${channelId}: a file at another port than that of https`,
    );
  };
  return async (url, { maxBytes, signal }) => {
    assertPort(new URL(url));
    const { response, release } = await fetchWithSsrFGuard({
      url,
      requireHttps: true,
      maxRedirects: MAX_REDIRECTS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
      // Asked before each hop.
      resolveDispatcherPolicy: (hop) => {
        assertPort(hop);
        return ca === undefined ? undefined : { mode: "direct", connect: { ca } };
      },
      init: { headers: { accept: "*/*" } },
      auditContext: `${channelId}-attachment`,
      capture: false,
      ...(policy === undefined ? {} : { policy }),
      ...(lookup === undefined ? {} : { lookupFn: lookup }),
    });
    try {
      if (response.status !== 200) {
        throw new ChannelKitError(
          "file_refused",
          `${channelId}: status ${response.status} for a file`,
        );
      }
      return await readAtMost(response, maxBytes, channelId);
    } finally {
      await release();
    }
  };
}

async function readAtMost(
  response: Response,
  maxBytes: number,
  channelId: string,
): Promise<Uint8Array> {
  const tooLarge = new ChannelKitError("file_too_large", `${channelId}: a file is too large`);
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  // What was compressed on the way counts as it becomes: a bomb ends here.
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
