import path from "node:path";

const DEFAULT_STORE_PATH = "./data/mesh.db";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Empty counts as not set: that is how the reference reads its variables. */
export function readText(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}

/**
 * The folder beside the database that the reference peer would use: `data/mesh` for `data/mesh.db`. A database of the
 * reference peer stays what it is.
 */
export function resolveFolder(env: Environment): string {
  return path.resolve(
    (readText(env, "MESH_STORE_PATH") ?? DEFAULT_STORE_PATH).replace(/\.db$/u, ""),
  );
}
