import { type ApiParts, createApiServer } from "./api-server.ts";
import { MeshCommandError } from "./errors.ts";

/** An API that answers. */
export interface RunningApi {
  /** Such as `http://127.0.0.1:5050`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the API on 127.0.0.1 and nowhere else. @throws MeshCommandError `port_in_use`. */
export async function startApi(parts: ApiParts, port: number): Promise<RunningApi> {
  const app = createApiServer(parts);
  try {
    await app.listen({ host: "127.0.0.1", port });
  } catch (cause) {
    await app.close();
    const message = `cannot listen on 127.0.0.1 port ${port} for the API: set MESH_API_PORT to a free port, or 0`;
    throw new MeshCommandError("port_in_use", message, { cause });
  }
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  return { url: `http://127.0.0.1:${address.port}`, close: () => app.close() };
}
