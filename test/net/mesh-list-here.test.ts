import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resolveMeshAccount } from "../../extensions/mesh/src/accounts.ts";
import { identityMaker } from "../../extensions/mesh/src/client-identity.ts";
import { openConnection } from "../../extensions/mesh/src/client.ts";

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

let folder = "";
let server: Server;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-list-"));
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

it("an account fetches a list on this machine that its operator has named, and does not dial this machine for it", async () => {
  const { port } = Object(server.address());
  const host = `127.0.0.1:${port}`;
  const asked: (string | undefined)[] = [];
  const upgraded: unknown[] = [];
  server.on("upgrade", (request) => upgraded.push(request.url));
  server.on("request", (request, response) => {
    asked.push(request.url);
    const peers = [{ peer_id: "x".repeat(43), ws_url: `ws://${host}/` }];
    response.end(JSON.stringify({ version: 1, peers }));
  });
  const section = { enabled: true, bootstrapUrl: `http://${host}/bootstrap.json` };
  const stop = new AbortController();
  const { promise: refused, resolve } = Promise.withResolvers<void>();
  await using bot = await openConnection({
    identity: await identityMaker.derive(identityMaker.generateWords()),
    account: resolveMeshAccount({ channels: { mesh: section } }),
    folder,
    log: { ...SILENT, warn: (line) => line.includes("unsafe_address") && resolve() },
  });
  const running = bot.run(stop.signal);
  await refused;
  stop.abort();
  await running;
  expect([asked, upgraded]).toEqual([["/bootstrap.json"], []]);
});
