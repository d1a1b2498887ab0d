import { readProcessFigures } from "../process-figures.ts";
import { type BenchResult, createFigure } from "../records.ts";
import { makeBenchFolder } from "./bench-folder.ts";
import { LoadLink } from "./load-link.ts";
import { RunningPeer } from "./running-peer.ts";
import { BENCH_CHANNELS, frameTextOf, signMessages } from "./signed-messages.ts";

const LOOKS = 10;
const CHUNK = 5_000;
/** From here on memory has to stay: caches have what they may have. */
const WARM_LOOK = 2;
const GROWTH_LIMIT_MB = 24;
/**
 * V8 gives its young generation 128 MB by default, and keeps another 49 MB for it from some moment of a run on, sooner on a
 * busy machine. With this little, in MB, what is left is the peer's.
 */
const YOUNG_GENERATION = "--max-semi-space-size=16";

/** Memory of a peer while so many messages go through it to its disk. */
export async function benchMemory(
  messages: number,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  await using folder = await makeBenchFolder();
  await using peer = await RunningPeer.start(folder.path, { seed: "memory" }, YOUNG_GENERATION);
  // Channels that nobody wants have little room.
  using link = await LoadLink.open(peer.url, { name: "load", channels: BENCH_CHANNELS });
  const looks: number[] = [];
  let sent = 0;
  for (let look = 1; look <= LOOKS; look += 1) {
    const until = Math.floor((messages * look) / LOOKS);
    while (sent < until) {
      const count = Math.min(CHUNK, until - sent);
      await link.sendAll(signMessages(count, { first: sent }).map(frameTextOf));
      sent += count;
    }
    await peer.storedAtLeast(sent);
    await peer.collect();
    const { rssMb } = readProcessFigures(peer.pid);
    looks.push(rssMb);
    progress(`${sent} messages, ${Math.round(rssMb)} MB`);
  }
  const warmMb = looks[WARM_LOOK - 1] ?? Number.NaN;
  const lastMb = looks.at(-1) ?? Number.NaN;
  return [
    createFigure("mesh-rss", "MB", lastMb),
    createFigure(`mesh-rss-growth-${messages}`, "MB", lastMb - warmMb, GROWTH_LIMIT_MB),
  ];
}
