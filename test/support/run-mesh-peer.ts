import type { MeshPeer } from "mesh-sdk";

/** A peer that is at work, its address on this machine, and how it ends. */
export interface WorkingMeshPeer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Lets a peer work that was opened to listen. Resolves once it does. */
export async function runMeshPeer(peer: MeshPeer): Promise<WorkingMeshPeer> {
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const look = (): void => {
    const { listeningPort } = peer.status();
    if (listeningPort !== undefined) listening.resolve(listeningPort);
  };
  const forget = peer.onStatusChange(look);
  const running = peer.run({ signal: stop.signal });
  look();
  return {
    url: `ws://127.0.0.1:${await listening.promise}/`,
    close: async () => {
      forget();
      stop.abort();
      await running;
      await peer.close();
    },
  };
}
