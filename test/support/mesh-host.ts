import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareHost, startGateway, startScriptedModel } from "channel-testing";
import type {
  Gateway,
  Host,
  JsonObject,
  ModelReply,
  ModelRequest,
  ScriptedModel,
} from "channel-testing";
import { identityMaker } from "../../extensions/mesh/src/client-identity.ts";

/** A real gateway with the built Mesh plugin and a scripted model of its own. */
export interface MeshHost extends AsyncDisposable {
  readonly host: Host;
  readonly gateway: Gateway;
  readonly model: ScriptedModel;
  /** Requests to the model whose user message holds this text. */
  turnsAbout(text: string): readonly ModelRequest[];
}

export interface MeshHostOptions {
  /** Its home; the caller deletes it. */
  readonly folder: string;
  readonly words: string;
  /** Address of a peer to dial. */
  readonly relay: string;
  /** `channels.mesh` beside identity and relay. */
  readonly section: JsonObject;
  readonly reply: (request: ModelRequest) => ModelReply;
}

const PLUGIN = fileURLToPath(new URL("../../extensions/mesh", import.meta.url));

/** Words of an identity, and the peer id that follows from them. */
export async function makeMeshIdentity(): Promise<{ words: string; peerId: string }> {
  const words = identityMaker.generateWords();
  return { words, peerId: (await identityMaker.derive(words)).userId };
}

/** Starts gateway and model; about 20 seconds on a quiet machine. The plugin must have been built. */
export async function startMeshHost(options: MeshHostOptions): Promise<MeshHost> {
  await using started = new AsyncDisposableStack();
  const model = started.use(await startScriptedModel({ reply: options.reply }));
  const host = await prepareHost({
    root: path.join(options.folder, "home"),
    model,
    channels: {
      mesh: {
        enabled: true,
        mnemonic: options.words,
        peers: [options.relay],
        allowPrivateAddresses: true,
        ...options.section,
      },
    },
    plugins: { allow: ["mesh"], loadPaths: [PLUGIN] },
    // Nobody here is the owner; without one the first approval would make its sender the owner and restart the channel.
    ownerAllowFrom: ["mesh:nobody"],
    config: { session: { dmScope: "per-channel-peer" } },
  });
  const gateway = started.use(await startGateway(host));
  const stack = started.move();
  return {
    host,
    gateway,
    model,
    turnsAbout: (text) => model.requests.filter(({ lastUserText }) => lastUserText.includes(text)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
