import path from "node:path";
import type { FastifyInstance } from "fastify";
import { loadOrCreateKey } from "mesh-sdk";
import { MeshCommandError } from "./errors.ts";
import { ListFile } from "./list-file.ts";
import { createListServer } from "./list-server.ts";
import type { ListSettings } from "./settings.ts";
import { untilAborted } from "./until-aborted.ts";

export interface BootstrapOutput {
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
}

/**
 * Signs a list of peers and serves it until the signal aborts.
 *
 * @throws MeshCommandError `unusable_file` | `port_in_use`.
 * @throws MeshError As `loadOrCreateKey`.
 */
export async function bootstrap(
  settings: ListSettings,
  output: BootstrapOutput,
  signal: AbortSignal,
): Promise<void> {
  const key = await loadOrCreateKey(settings.keyFolder);
  const list = new ListFile({
    file: settings.file,
    serialFile: path.join(settings.keyFolder, "list-serial"),
    key,
    now: Date.now,
    warn: output.warn,
  });
  const app = createListServer(() => list.read());
  try {
    await listen(app, settings);
    const address = app.server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    output.say(
      `mesh: list signed by ${key.peerId} on ${settings.host} port ${port}; others set MESH_BOOTSTRAP_URL to it, and MESH_BOOTSTRAP_SIGNER to that id`,
    );
    await untilAborted(signal);
  } finally {
    await app.close();
  }
}

async function listen(app: FastifyInstance, { host, port }: ListSettings): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const message = `cannot listen on ${host} port ${port} for the list: set MESH_BOOTSTRAP_PORT to a free port`;
    throw new MeshCommandError("port_in_use", message, { cause });
  }
}
