import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import type { JsonObject } from "./json.ts";
import { listenOnLoopback } from "./loopback-port.ts";

/** One version of one package, as somebody has published it. */
export interface PublishedPackage {
  readonly name: string;
  readonly version: string;
  /** package.json as the registry tells it; usually the one in the tarball. */
  readonly manifest: object;
  readonly tarball: Uint8Array;
}

/** An npm registry on 127.0.0.1 that knows a few packages and no other registry. */
export interface PackageRegistry extends AsyncDisposable {
  /** With a slash at the end, as npm's `registry` setting wants it. */
  readonly url: string;
  /** Names and tarballs that were asked for, known or not, in order. */
  readonly requests: readonly string[];
  /** From now on these are the packages; a new tarball under an old version is what a thief of the registry serves. */
  publish(packages: readonly PublishedPackage[]): void;
}

/** Starts a registry. What it does not know is answered with 404, as npm answers it. */
export async function startPackageRegistry(
  packages: readonly PublishedPackage[],
): Promise<PackageRegistry> {
  let published = packages;
  const requests: string[] = [];
  let url = "";
  const server = createServer((request, response) => {
    const path = readPath(request);
    requests.push(path);
    const found = published.find(({ name }) => path === name || path.startsWith(`${name}/-/`));
    if (found === undefined) answer(response, 404, { error: "not found" });
    else if (path === found.name) answer(response, 200, describePackage(found, url));
    else
      response
        .writeHead(200, { "content-type": "application/octet-stream" })
        .end(Buffer.from(found.tarball));
  });
  url = `http://127.0.0.1:${await listenOnLoopback(server)}/`;
  return {
    url,
    requests,
    publish(next) {
      published = next;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The path without its leading slash; a scoped name comes as `@scope%2fname`. */
function readPath({ url = "/" }: IncomingMessage): string {
  return decodeURIComponent(new URL(url, "http://127.0.0.1").pathname.slice(1));
}

function describePackage(found: PublishedPackage, url: string): JsonObject {
  const { name, version, manifest, tarball } = found;
  const dist = {
    tarball: `${url}${name}/-/${name.split("/").at(-1)}-${version}.tgz`,
    integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
    shasum: createHash("sha1").update(tarball).digest("hex"),
  };
  return {
    name,
    "dist-tags": { latest: version },
    versions: { [version]: { ...manifest, name, version, dist } },
    // Long ago: npm can be told to shun what is too new.
    time: { [version]: "2020-01-01T00:00:00.000Z" },
  };
}

function answer(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
