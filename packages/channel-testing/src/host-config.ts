import { mergeJson } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

/** An OpenAI-compatible endpoint. */
export interface ModelEndpoint {
  readonly baseUrl: string;
  readonly modelId: string;
  /** As the host's configuration takes it: plain, or `${NAME}` of the environment. Default: a dummy. */
  readonly apiKey?: string;
}

export interface HostConfigFacts {
  readonly port: number;
  readonly token: string;
  readonly logFile: string;
  readonly workspace: string;
  readonly model: ModelEndpoint;
  readonly channels?: JsonObject;
  readonly plugins?: {
    /** Ids that may load at all. Fewer plugins start several seconds faster. */
    readonly allow?: readonly string[];
    /** Folders of plugins to load as they are, without an install. */
    readonly loadPaths?: readonly string[];
  };
  /**
   * `commands.ownerAllowFrom`. The first pairing approval writes it when it is empty, which restarts the channel;
   * a test that is not about that restart presets it.
   */
  readonly ownerAllowFrom?: readonly string[];
  /** Laid over everything else. */
  readonly config?: JsonObject;
}

const PROVIDER_ID = "scripted";

/** The host's configuration for a loopback gateway with one model and nothing that looks outside. */
export function buildHostConfig(facts: HostConfigFacts): JsonObject {
  const { model, plugins = {} } = facts;
  const config: JsonObject = {
    gateway: {
      mode: "local",
      bind: "loopback",
      port: facts.port,
      auth: { mode: "token", token: facts.token },
      // Its web pages are unpacked into every new state directory: 54 MB and seconds of the first start.
      controlUi: { enabled: false },
    },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: "off" } },
    logging: { file: facts.logFile },
    session: { dmScope: "per-channel-peer" },
    models: {
      mode: "merge",
      providers: {
        [PROVIDER_ID]: {
          baseUrl: model.baseUrl,
          apiKey: model.apiKey ?? "no-key",
          api: "openai-completions",
          models: [modelEntry(model.modelId)],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: `${PROVIDER_ID}/${model.modelId}` },
        workspace: facts.workspace,
        skipBootstrap: true,
        // Comes every half hour by the clock, whenever that is, and asks the model.
        heartbeat: { every: "0m" },
      },
    },
    plugins: pluginSection(plugins),
    channels: facts.channels ?? {},
  };
  if (facts.ownerAllowFrom !== undefined)
    config["commands"] = { ownerAllowFrom: [...facts.ownerAllowFrom] };
  return mergeJson(config, facts.config ?? {});
}

function modelEntry(id: string): JsonObject {
  return {
    id,
    name: id,
    reasoning: false,
    input: ["text"],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 128_000,
    maxTokens: 4096,
  };
}

function pluginSection(plugins: NonNullable<HostConfigFacts["plugins"]>): JsonObject {
  const section: JsonObject = {};
  if (plugins.allow !== undefined) {
    section["allow"] = [...plugins.allow];
    const entries = plugins.allow.map((id): [string, Json] => [id, { enabled: true }]);
    section["entries"] = Object.fromEntries(entries);
  }
  if (plugins.loadPaths !== undefined) section["load"] = { paths: [...plugins.loadPaths] };
  return section;
}
