import type { MeshEvent, MeshPeerStatus, OutgoingContent, SentMessage } from "mesh-sdk";

/** What the API needs of the peer that it serves; `MeshPeer` of the SDK is one. */
export interface LocalPeer {
  readonly peerId: string;
  setChannels(channelIds: readonly string[]): void;
  /** Resolves when the message is on disk. The same key twice is one message. */
  publish(
    channelId: string,
    content: OutgoingContent,
    options?: { readonly key?: string },
  ): Promise<SentMessage>;
  sendDirect(
    peerId: string,
    content: OutgoingContent,
    options?: { readonly key?: string },
  ): Promise<SentMessage>;
  /** Every message for us that nobody has marked as handled, oldest first, and then what comes. */
  events(options: { readonly signal: AbortSignal }): AsyncIterable<MeshEvent>;
  markHandled(id: number): void;
  status(): MeshPeerStatus;
}
