export {
  type BootstrapList,
  type ListedPeer,
  type ListProof,
  parseList,
  signList,
  verifyList,
} from "./bootstrap/list.ts";
export { type Clock, systemClock } from "./clock.ts";
export type { MeshEngine, MessageListener, PeerSummary, SyncReport } from "./engine/engine.ts";
export {
  createOverlayEngine,
  type OverlayEngine,
  type OverlayOptions,
} from "./engine/overlay-engine.ts";
export { MeshError, type MeshErrorCode } from "./errors.ts";
export { loadOrCreateKey } from "./identity/key-folder.ts";
export { type MeshKey, meshKeyFromPem, meshKeyFromSeed } from "./identity/mesh-key.ts";
export { peerIdOf, tryReadPeerId } from "./identity/peer-id.ts";
export type { CheckedMessage, MeshMessage, Verdict } from "./message/message.ts";
export { type MessageDraft, signMessage } from "./message/sign-message.ts";
export { type DoorPolicy, type DoorVerdict, isLoopbackHost, judgeCaller } from "./overlay/door.ts";
export { DEFAULT_LIMITS, DEFAULT_TIMING } from "./peer/default-options.ts";
export { MAX_OWN_CHANNELS, MeshPeer } from "./peer/mesh-peer.ts";
export type {
  ListenOptions,
  MeshEvent,
  MeshLimits,
  MeshLog,
  MeshPeerOptions,
  MeshPeerStatus,
  MeshTiming,
  OutgoingContent,
  SentMessage,
} from "./peer/types.ts";
