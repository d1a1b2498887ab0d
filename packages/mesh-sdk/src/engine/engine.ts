import type { CheckedMessage } from "../message/message.ts";

/**
 * What carries messages between peers. The WebSocket overlay is one; another may follow behind the same interface. An
 * engine stores nothing: it hands over what arrives and sends what it is given.
 */
export interface MeshEngine {
  /** Listens, dials, and dials again until the signal aborts; everything is closed when it settles. */
  run(signal: AbortSignal): Promise<void>;
  /** Passes a stored message on to everybody who wants its channel, except the neighbor it came from. */
  publish(message: CheckedMessage, options?: { readonly exceptLink?: string }): void;
  /** Told of each message that passed the checks of form, signature, and rate. Set before {@link run}. */
  onMessage(listener: MessageListener): void;
  /** The channels that somebody here listens to. Neighbors are told, and through them their neighbors. */
  setInterest(channelIds: ReadonlySet<string>): void;
  peers(): readonly PeerSummary[];
  /** Reads what a neighbor has of a channel and we do not. Resolves when both have the same, as far as allowed. */
  syncWith(linkId: string, channelId: string): Promise<SyncReport>;
  onPeersChange(listener: () => void): () => void;
}

/** @returns Resolves when the message is on disk, or was refused. The engine slows the link down until then. */
export type MessageListener = (
  message: CheckedMessage,
  source: {
    readonly linkId: string;
    readonly by: "live" | "sync";
    /** Whether we or a neighbor want its channel. */
    readonly isWanted: boolean;
  },
) => Promise<"new" | "known" | "refused">;

export interface PeerSummary {
  /** Of this connection; never used again. */
  readonly linkId: string;
  readonly peerId: string;
  /** The remote has proven in this connection that it holds the key of its id. */
  readonly isProven: boolean;
  /** It speaks our extensions too. */
  readonly isOurs: boolean;
  readonly direction: "in" | "out";
  readonly channels: number;
  readonly connectedAtMs: number;
}

export interface SyncReport {
  readonly received: number;
  readonly complete: boolean;
}
