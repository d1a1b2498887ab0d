import { fileURLToPath } from "node:url";

/**
 * The NODE_OPTIONS entry that preloads `module`. `--require` and not `--import`: only the former also reaches
 * worker threads that are started from a CommonJS text.
 */
export function formatRequireFlag(module: URL): string {
  return `--require=${JSON.stringify(fileURLToPath(module))}`;
}
