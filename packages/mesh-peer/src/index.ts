export { type ApiParts, createApiServer } from "./api-server.ts";
export { MeshCommandError, type MeshCommandErrorCode } from "./errors.ts";
export type { LocalPeer } from "./local-peer.ts";
export { type RunningApi, startApi } from "./start-api.ts";
