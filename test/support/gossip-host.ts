import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createWallClock, prepareHost, startGateway, startScriptedModel } from "channel-testing";
import type {
  Gateway,
  Host,
  HostOptions,
  JsonObject,
  ModelReply,
  ModelRequest,
  ScriptedModel,
} from "channel-testing";
import { openGossipNetwork } from "../../scripts/start/gossip-network.ts";
import type { GossipNetwork } from "../../scripts/start/gossip-network.ts";

/** A real gateway with the built Gossip plugin, a relay and a scripted model, all on this machine. */
export interface GossipHost extends AsyncDisposable {
  readonly host: Host;
  readonly gateway: Gateway;
  readonly model: ScriptedModel;
  readonly network: GossipNetwork;
  /** For a second host with the same plugin. */
  readonly plugins: NonNullable<HostOptions["plugins"]>;
  /** What was added to the environment of the host's processes, for a second one that goes by the same clock. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the clocks of the host's processes, the relay and all people so far ahead of the true time; see `movesClock`. */
  setClocksAhead(ms: number): void;
  /** Requests to the model whose user message holds this text. */
  turnsAbout(text: string): readonly ModelRequest[];
}

export interface GossipHostOptions {
  /** `channels.gossip`; the relay's address is added. May need ids of people, so it gets the network first. */
  readonly section: (network: GossipNetwork) => Promise<JsonObject> | JsonObject;
  readonly reply: (request: ModelRequest) => ModelReply;
  /** The host's processes go by a clock that the test can move. Default: by the true one. */
  readonly movesClock?: boolean;
  /** Added to the environment of the host's processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Laid over the host's configuration. `folder` is the test's own, and goes with it. */
  readonly config?: (folder: string) => JsonObject;
}

const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));

const PLUGINS = { allow: ["gossip"], loadPaths: [PLUGIN] };

/** Starts everything; about 20 seconds on a quiet machine. The plugin must have been built. */
export async function startGossipHost(options: GossipHostOptions): Promise<GossipHost> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "gossip-host-"));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const network = started.use(await openGossipNetwork(folder));
  const model = started.use(await startScriptedModel({ reply: options.reply }));
  const section = await options.section(network);
  const clock = createWallClock(path.join(folder, "wall-clock"));
  const env = { ...(options.movesClock === true ? clock.env : {}), ...options.env };
  const host = await prepareHost({
    root: path.join(folder, "home"),
    model,
    channels: { gossip: { protocolUrl: network.relayUrl, ...section } },
    plugins: PLUGINS,
    // Nobody here is the owner; without one the first approval would make its sender the owner and restart the channel.
    ownerAllowFrom: ["gossip:nobody"],
    env,
    ...(options.config === undefined ? {} : { config: options.config(folder) }),
  });
  const gateway = started.use(await startGateway(host));
  const stack = started.move();
  return {
    host,
    gateway,
    model,
    network,
    plugins: PLUGINS,
    env,
    setClocksAhead(ms) {
      network.faults.clockOffsetMs = ms;
      clock.setAhead(ms);
    },
    turnsAbout: (text) => model.requests.filter(({ lastUserText }) => lastUserText.includes(text)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
