// Opens the protocol client, which only this room knows. Ids and texts come in as the channel has them and leave as it
// wants them.
import path from "node:path";
import type { AccountConnection, ConnectionState } from "channel-kit";
import {
  MeshPeer,
  type MeshEvent,
  type MeshLog,
  type MeshPeerStatus,
  type MeshTiming,
  type PeerSummary,
} from "mesh-sdk";
import type { ResolvedMeshAccount } from "./accounts.ts";
import type { MeshIdentity } from "./client-identity.ts";
import { toPayload } from "./files.ts";
import type { MeshMessageBody } from "./message-body.ts";
import { tryParsePeerId } from "./targets.ts";

/** Beside our own files in the folder of the identity. */
const PEER_FOLDER = "peer";
const DAY_MS = 24 * 3_600_000;

/** What a connection knows about itself. Nothing in it names a peer. */
export interface MeshConnectionState extends ConnectionState {
  readonly links: number;
  readonly provenLinks: number;
  readonly listeningPort: number | undefined;
  readonly storedMessages: number;
  readonly storedBytes: number;
  readonly quarantined: number;
  /** Messages of ours that this state did not make: it is an older copy, or one is at work elsewhere. */
  readonly madeElsewhere: number;
  /** Messages of ours that wait for a key of their receiver, or for a neighbor. */
  readonly unsentInMesh: number;
}

export interface MeshConnection extends AccountConnection<MeshEvent>, AsyncDisposable {
  /** The peer id. */
  readonly userId: string;
  /**
   * Signs a message and puts it on the disk of the peer, which sends it from there.
   *
   * @param key - The same key for the same receiver is the same message.
   * @returns Its id on the mesh; the key itself while a direct message waits until it can be sealed.
   */
  send(body: MeshMessageBody, key: string): Promise<string>;
  status(): MeshConnectionState;
  /** A neighbor is there; before, nobody can write to us. */
  isReachable(): boolean;
  neighbors(): readonly PeerSummary[];
}

export interface ConnectionOptions {
  readonly identity: MeshIdentity;
  readonly account: Pick<
    ResolvedMeshAccount,
    | "allowPrivateAddresses"
    | "allowUnverified"
    | "bootstrapSigner"
    | "bootstrapUrl"
    | "channels"
    | "listen"
    | "name"
    | "peers"
    | "plainPeers"
    | "retentionDays"
  >;
  /** Folder of the account; the peer keeps its databases in one below it. */
  readonly folder: string;
  readonly log: MeshLog;
  readonly timing?: Partial<MeshTiming>;
  readonly now?: () => number;
}

/**
 * Opens the account's protocol state. No network yet: that is {@link MeshConnection.run}.
 *
 * @throws MeshError `locked` | `wrong_key` | `state_newer` | `state_unreadable` | `state_unwritable` |
 *   `insecure_state_path` | `invalid_url` | `invalid_channel_id`; nothing on disk was changed then.
 */
export async function openConnection(options: ConnectionOptions): Promise<MeshConnection> {
  const { account, identity, now = Date.now } = options;
  const { bootstrapSigner, bootstrapUrl, listen } = account;
  const peer = await MeshPeer.open({
    key: identity.key,
    folder: path.join(options.folder, PEER_FOLDER),
    ...(listen === undefined ? {} : { listen }),
    peers: account.peers,
    ...(bootstrapUrl === undefined ? {} : { bootstrapUrl }),
    ...(bootstrapSigner === undefined ? {} : { bootstrapSigner }),
    // The operator named the list, so it may be on this machine; whom it names is somebody else's word.
    allowPrivateAddresses: account.allowPrivateAddresses || "loopback-list",
    channels: account.channels,
    profile: { name: account.name },
    acceptUnverified: account.allowUnverified,
    // An agent that comes to a channel does not answer what was said there for weeks, nor what it has answered before its
    // state was put back from a backup.
    skipHistory: true,
    plainPeers: account.plainPeers,
    limits: { retentionMs: account.retentionDays * DAY_MS },
    log: options.log,
    ...(options.timing === undefined ? {} : { timing: options.timing }),
  });
  let lastExchangeAtMs: number | undefined;
  const status = (): MeshConnectionState => {
    const state = peer.status();
    if (state.links > 0) lastExchangeAtMs = now();
    return toState(state, lastExchangeAtMs);
  };
  return {
    userId: peer.peerId,
    run: (signal) => peer.run({ signal }),
    events: (signal) => peer.events({ signal }),
    markHandled: (eventId) => peer.markHandled(eventId),
    send: (body, key) => send(peer, body, key),
    status,
    isReachable: () => peer.status().links > 0,
    neighbors: () => peer.peers(),
    onStatusChange: (listener) => peer.onStatusChange(listener),
    [Symbol.asyncDispose]: () => peer.close(),
  };
}

async function send(peer: MeshPeer, body: MeshMessageBody, key: string): Promise<string> {
  const { file, replyToId, text, to } = body;
  const content = {
    body: text,
    ...(file === undefined ? {} : { payload: toPayload(file) }),
    ...(replyToId === undefined ? {} : { replyTo: replyToId }),
  };
  const sent =
    tryParsePeerId(to) === undefined
      ? await peer.publish(to, content, { key })
      : await peer.sendDirect(to, content, { key });
  return sent.messageId ?? key;
}

function toState(state: MeshPeerStatus, lastExchangeAtMs: number | undefined): MeshConnectionState {
  return {
    connected: state.links > 0,
    lastExchangeAtMs,
    lastInboundAtMs: state.lastInboundAtMs,
    lastErrorCode: state.lastErrorCode,
    unhandled: state.unhandled,
    links: state.links,
    provenLinks: state.provenLinks,
    listeningPort: state.listeningPort,
    storedMessages: state.stored,
    storedBytes: state.storedBytes,
    quarantined: state.quarantined,
    madeElsewhere: state.madeElsewhere,
    unsentInMesh: state.queueDepth,
  };
}
