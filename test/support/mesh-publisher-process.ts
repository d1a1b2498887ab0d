/** A process that publishes in the lobby until it is killed, and says the id of each message once it is promised. */
import { meshKeyFromSeed, MeshPeer } from "mesh-sdk";

const [, , folder = "", seed = ""] = process.argv;
const key = meshKeyFromSeed(Buffer.from(seed, "hex"));
const peer = await MeshPeer.open({ key, folder, channels: ["lobby"] });
const { signal } = new AbortController();
void peer.run({ signal });

async function publishOn(lane: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const { messageId } = await peer.publish("lobby", { body: `${lane}.${n}` });
    process.stdout.write(`${messageId}\n`);
  }
}
await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(async (lane) => publishOn(lane)));
