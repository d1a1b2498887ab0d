import { loadOrCreateKey, MeshError, type MeshErrorCode, type MeshKey, MeshPeer } from "mesh-sdk";
import { loadOrCreateToken, publishAddress } from "./api-files.ts";
import { MeshCommandError } from "./errors.ts";
import type { JoinSettings } from "./settings.ts";
import { startApi } from "./start-api.ts";

export interface JoinOutput {
  /** The one line of a start that went well. */
  readonly say: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
}

/**
 * Runs a peer and its API until the signal aborts.
 *
 * @throws MeshCommandError `port_in_use` | `unusable_file`.
 * @throws MeshError Of the key folder: `state_unreadable` | `state_unwritable` | `insecure_state_path`.
 */
export async function join(
  settings: JoinSettings,
  output: JoinOutput,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const key = await loadOrCreateKey(settings.keyFolder);
  await using peer = await openPeer(key, settings, output).catch((cause: unknown) =>
    throwWithAdvice(settings, cause),
  );
  const token = loadOrCreateToken(settings.folder);
  const running = peer.run({ signal: both }).finally(() => stop.abort());
  // Whoever awaits it comes later; a failure before that is looked at there.
  running.catch(() => undefined);
  try {
    await Promise.race([untilListening(peer), running]);
    const parts = {
      peer,
      token,
      channels: settings.channels,
      isRunning: () => !both.aborted,
      signal: both,
      logError: output.warn,
    };
    if (!both.aborted) await serve(parts, settings, output, running);
  } finally {
    stop.abort();
    await running.catch((cause: unknown) => throwReadable(settings, cause));
  }
}

async function serve(
  parts: Parameters<typeof startApi>[0] & { readonly peer: MeshPeer },
  settings: JoinSettings,
  output: JoinOutput,
  running: Promise<void>,
): Promise<void> {
  const api = await startApi(parts, settings.apiPort);
  const withdraw = publishAddress(settings.folder, api.url);
  try {
    const { peer } = parts;
    const port = peer.status().listeningPort ?? settings.port;
    output.say(
      `mesh: ${peer.peerId} on ${settings.host} port ${port}, API ${api.url}; say something: mesh send ${settings.channels[0] ?? "lobby"} hello`,
    );
    await running;
  } finally {
    withdraw();
    await api.close();
  }
}

async function openPeer(
  key: MeshKey,
  settings: JoinSettings,
  output: JoinOutput,
): Promise<MeshPeer> {
  const { profileName, bootstrapUrl, bootstrapSigner } = settings;
  return MeshPeer.open({
    key,
    folder: settings.folder,
    listen: {
      host: settings.host,
      port: settings.port,
      publicHosts: settings.publicHosts,
      allowedOrigins: settings.allowedOrigins,
    },
    peers: settings.peers,
    channels: settings.channels,
    allowPrivateAddresses: settings.allowPrivateAddresses,
    acceptUnverified: settings.acceptUnverified,
    plainPeers: settings.plainPeers,
    ...(bootstrapUrl !== undefined && { bootstrapUrl }),
    ...(bootstrapSigner !== undefined && { bootstrapSigner }),
    ...(profileName !== undefined && { profile: { name: profileName } }),
    log: { debug: output.debug, info: output.debug, warn: output.warn },
  });
}

/** Resolves when the peer has its port. A peer that cannot get it fails by its own run. */
function untilListening(peer: MeshPeer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopWatching = peer.onStatusChange(look);
  look();
  return promise.finally(stopWatching);

  function look(): void {
    if (peer.status().listeningPort !== undefined) resolve();
  }
}

/** What an operator reads when the port of the peer is taken; any other failure says enough. */
function throwReadable({ host, port }: JoinSettings, cause: unknown): never {
  if (!(cause instanceof MeshError) || cause.code !== "network_unreachable") throw cause;
  const message = `cannot listen on ${host} port ${port}: set PORT to a free port, or HOST to an address of this machine`;
  throw new MeshCommandError("port_in_use", message, { cause });
}

/** What can be done about state that does not open. It is always left as it was. */
const ADVICE: Partial<Record<MeshErrorCode, string>> = {
  locked: "another process has it: stop that one, or set MESH_STORE_PATH to another place",
  wrong_key: "it was made with another key: set MESH_KEY_DIR to that one, or MESH_STORE_PATH",
  state_newer: "a newer version wrote it: start that one",
  state_unreadable: "put it back from a backup, or move it away to begin without what it held",
  state_unwritable: "make room on the disk, and check who may write there",
};

function throwWithAdvice({ folder }: JoinSettings, cause: unknown): never {
  const advice = cause instanceof MeshError ? ADVICE[cause.code] : undefined;
  if (!(cause instanceof MeshError) || advice === undefined) throw cause;
  const message = `${folder}: ${cause.message}. Nothing was changed; ${advice}`;
  throw new MeshCommandError("unusable_file", message, { cause });
}
