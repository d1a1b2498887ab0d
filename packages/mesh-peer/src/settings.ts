import path from "node:path";
import { isLoopbackHost, tryReadPeerId } from "mesh-sdk";
import { type Environment, readText, resolveFolder } from "./environment.ts";
import { MeshCommandError } from "./errors.ts";

/** The reference peer listens here when nobody says otherwise, so others expect it. */
const DEFAULT_PORT = 5000;
const DEFAULT_HOST = "0.0.0.0";
const DEFAULT_API_PORT = 5050;
const DEFAULT_KEY_FOLDER = "./data/keys";
/** Where the reference looks for a list. It is on this machine, so it counts only in a network of one's own. */
const DEFAULT_LIST_URL = "http://localhost:4000/bootstrap.json";
const DEFAULT_LIST_FILE = "website/bootstrap.json";
const DEFAULT_LIST_PORT = 4000;

/** What `mesh join` runs with. */
export interface JoinSettings {
  readonly host: string;
  readonly port: number;
  /** Of the peer: its store, and how to reach its API. */
  readonly folder: string;
  readonly keyFolder: string;
  readonly apiPort: number;
  readonly channels: readonly string[];
  readonly peers: readonly string[];
  readonly bootstrapUrl: string | undefined;
  readonly bootstrapSigner: string | undefined;
  /** `loopback`: of this machine alone. */
  readonly allowPrivateAddresses: boolean | "loopback";
  readonly acceptUnverified: boolean;
  /** Reference peers to whom direct messages may go in plain text. */
  readonly plainPeers: readonly string[];
  readonly publicHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly profileName: string | undefined;
}

/** What stands on the command line; it wins over the environment. */
export interface JoinArguments {
  readonly channels: readonly string[];
  readonly peers: readonly string[];
}

/** What `mesh bootstrap` runs with. */
export interface ListSettings {
  readonly host: string;
  readonly port: number;
  readonly file: string;
  readonly keyFolder: string;
}

/**
 * Settings of `mesh join`, from the variables that the reference peer knows and a few more (docs/mesh-bots.md).
 *
 * @throws MeshCommandError `usage`, naming the variable and never its value.
 */
export function resolveJoinSettings(env: Environment, args: JoinArguments): JoinSettings {
  const ownNetwork = readSwitch(env, "MESH_ALLOW_PRIVATE");
  const listUrl = resolveListUrl(env, ownNetwork);
  const channels = args.channels.length > 0 ? args.channels : readList(env, "MESH_CHANNELS");
  return {
    host: readText(env, "HOST") ?? DEFAULT_HOST,
    port: readPort(env, "PORT") ?? readPort(env, "MESH_PEER_PORT") ?? DEFAULT_PORT,
    folder: resolveFolder(env),
    keyFolder: resolveKeyFolder(env),
    apiPort: readPort(env, "MESH_API_PORT") ?? DEFAULT_API_PORT,
    channels: channels.length > 0 ? channels : ["lobby"],
    peers: [...args.peers, ...readList(env, "MESH_PEERS")].map(parsePeerUrl),
    bootstrapUrl: listUrl,
    bootstrapSigner: readSigner(env),
    // Whoever names a list on this machine runs peers here, and says nothing of other machines.
    allowPrivateAddresses: ownNetwork || (isOnThisMachine(listUrl) && "loopback"),
    acceptUnverified: readSwitch(env, "MESH_ACCEPT_UNVERIFIED"),
    plainPeers: readPeerIds(env, "MESH_PLAIN_PEERS"),
    publicHosts: readList(env, "MESH_PUBLIC_HOSTS"),
    allowedOrigins: readList(env, "MESH_ALLOWED_ORIGINS"),
    profileName: readText(env, "MESH_NAME"),
  };
}

/** Settings of `mesh bootstrap`. @throws MeshCommandError `usage`. */
export function resolveListSettings(env: Environment): ListSettings {
  return {
    host: readText(env, "HOST") ?? DEFAULT_HOST,
    port: readPort(env, "MESH_BOOTSTRAP_PORT") ?? DEFAULT_LIST_PORT,
    file: path.resolve(readText(env, "MESH_BOOTSTRAP_FILE") ?? DEFAULT_LIST_FILE),
    keyFolder: resolveKeyFolder(env),
  };
}

function resolveKeyFolder(env: Environment): string {
  return path.resolve(readText(env, "MESH_KEY_DIR") ?? DEFAULT_KEY_FOLDER);
}

function resolveListUrl(env: Environment, ownNetwork: boolean): string | undefined {
  const url = readText(env, "MESH_BOOTSTRAP_URL") ?? (ownNetwork ? DEFAULT_LIST_URL : "none");
  if (url === "none") return undefined;
  if (URL.canParse(url) && /^https?:$/u.test(new URL(url).protocol)) return url;
  throw wrong("MESH_BOOTSTRAP_URL", "an http: or https: address of a list, or none");
}

function isOnThisMachine(url: string | undefined): boolean {
  return url !== undefined && isLoopbackHost(new URL(url).hostname);
}

function readSigner(env: Environment): string | undefined {
  const signer = readText(env, "MESH_BOOTSTRAP_SIGNER");
  if (signer === undefined || tryReadPeerId(signer) !== undefined) return signer;
  throw wrong("MESH_BOOTSTRAP_SIGNER", "the id of a peer, 43 characters");
}

function readPeerIds(env: Environment, name: string): readonly string[] {
  const ids = readList(env, name);
  if (ids.every((id) => tryReadPeerId(id) !== undefined)) return ids;
  throw wrong(name, "ids of peers, 43 characters each, with commas between");
}

function parsePeerUrl(text: string): string {
  if (URL.canParse(text) && /^wss?:$/u.test(new URL(text).protocol)) return text;
  throw wrong("--peer (or MESH_PEERS)", "an address that begins with ws:// or wss://");
}

function readList(env: Environment, name: string): readonly string[] {
  const items = (readText(env, name) ?? "").split(",").map((item) => item.trim());
  return items.filter((item) => item !== "");
}

function readPort(env: Environment, name: string): number | undefined {
  const text = readText(env, name);
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/u.test(text) && Number(text) <= 65_535) return Number(text);
  throw wrong(name, "a port, 0 to 65535");
}

function readSwitch(env: Environment, name: string): boolean {
  const text = readText(env, name) ?? "0";
  if (text === "0" || text === "1") return text === "1";
  throw wrong(name, "1 or 0");
}

function wrong(name: string, expected: string): MeshCommandError {
  return new MeshCommandError("usage", `${name}: expected ${expected}; see mesh --help`);
}
