// The relay of a bench in a process of its own, so that its work is not counted as the client's.
import { startRelay } from "../../packages/gossip-relay/src/index.ts";
import type { RelayNews } from "./relay-orders.ts";

const relay = await startRelay();
process.on("disconnect", () => process.exit(0));
process.send?.({ kind: "listening", url: relay.url } satisfies RelayNews);
