import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { MeshError } from "../errors.ts";
import { accessTo, pinHost, type PrivateReach, type ResolveHost } from "./address-guard.ts";
import { raceAbort } from "./race-abort.ts";

export interface HttpGetOptions {
  /** What else than the public internet may be asked; plain `http:` is for that alone. */
  readonly reach: PrivateReach;
  readonly resolve: ResolveHost;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches a text of UTF-8 from the address that was checked and from no other: no redirects, no proxy, no pool, nothing sent
 * along. The time counts from the look-up of the name to the last byte.
 *
 * @throws MeshError `invalid_url` | `unsafe_address` | `network_unreachable` | `too_large` | `malformed` (not UTF-8).
 */
export async function httpGet(url: URL, options: HttpGetOptions): Promise<string> {
  const { maxBytes, timeoutMs } = options;
  const access = accessTo(url.hostname, options.reach, options.resolve);
  const isSecure = url.protocol === "https:";
  if (!isSecure && !(access.allowPrivate && url.protocol === "http:")) {
    throw new MeshError("invalid_url", "list address: expected https://");
  }
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
  const { lookup } = await raceAbort(pinHost(url.hostname, access), signal);
  const { promise, resolve: done, reject } = Promise.withResolvers<Buffer>();
  const request = (isSecure ? requestHttps : requestHttp)(url, {
    lookup,
    agent: false,
    signal,
    headers: { accept: "application/json", "accept-encoding": "identity" },
  });
  request.on("error", reject);
  request.on("response", (response) => {
    if (response.statusCode !== 200) {
      // Where a redirect leads was not checked, and a list has no reason to move.
      reject(new MeshError("network_unreachable", `list: HTTP ${response.statusCode ?? 0}`));
      request.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= maxBytes) return;
      reject(new MeshError("too_large", `list: at most ${maxBytes} bytes`));
      request.destroy();
    });
    response.on("end", () => done(Buffer.concat(chunks)));
    response.on("error", reject);
    response.on("close", () => reject(new Error("closed before the end")));
  });
  request.end();
  let body: Buffer;
  try {
    body = await promise;
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw new MeshError("network_unreachable", "list: no answer", { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new MeshError("malformed", "list: not UTF-8");
  }
}
