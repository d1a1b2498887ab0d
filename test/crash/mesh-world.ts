import { randomBytes } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MeshPeer } from "../../packages/mesh-sdk/src/index.ts";
import type { CrashWorld } from "./crash-run.ts";
import { ECHO_POINTS } from "./kill-points.ts";
import { CHANNEL, CRASH_TIMING, keyFrom } from "./mesh-line.ts";
import { MeshProxy, PROXY_POINTS } from "./mesh-proxy.ts";

/** A peer who listens and writes, by turns in a channel and directly, and the wire to it. */
export async function createMeshWorld(folder: string): Promise<CrashWorld> {
  await using building = new AsyncDisposableStack();
  const secret = randomBytes(16).toString("hex");
  const childId = keyFrom(secret).peerId;
  const peer = building.use(
    await MeshPeer.open({
      key: keyFrom(randomBytes(16).toString("hex")),
      folder: path.join(folder, "peer"),
      listen: { port: 0 },
      allowPrivateAddresses: true,
      channels: [CHANNEL],
      timing: CRASH_TIMING,
    }),
  );
  const proxy = building.use(await MeshProxy.start(() => peer.status().listeningPort));
  let sent = 0;
  const owned = building.move();
  return {
    childFile: fileURLToPath(new URL("./mesh-child.ts", import.meta.url)),
    mnemonic: secret,
    networkUrl: proxy.url,
    points: { child: ECHO_POINTS, network: PROXY_POINTS },
    arm: (point, occurrence, kill) => proxy.arm(point, occurrence, kill),
    async meet(startChild) {
      await startChild();
      await until(peer, () => peer.status().provenLinks > 0);
    },
    run: (signal) => peer.run({ signal }),
    line: {
      async send(text) {
        sent += 1;
        const options = { key: String(sent) };
        if (sent % 2 === 0) await peer.publish(CHANNEL, { body: text }, options);
        else await peer.sendDirect(childId, { body: text }, options);
      },
      async *texts(signal) {
        for await (const event of peer.events({ signal })) {
          yield event.body.trimEnd();
          peer.markHandled(event.id);
        }
      },
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Resolves when this is so, looked at whenever the status may have changed. */
async function until(peer: MeshPeer, isReached: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (isReached()) resolve();
  };
  const stop = peer.onStatusChange(look);
  look();
  await promise.finally(stop);
}
