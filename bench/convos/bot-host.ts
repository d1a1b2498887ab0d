// An OpenClaw with the built Convos plugin and an account that makes its conversations itself, for benches of the gateway.
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pollUntil, prepareHost } from "channel-testing";
import type { Gateway, Host, HostOptions, JsonObject } from "channel-testing";
import type * as z from "zod";
import { askGateway } from "../../extensions/convos/src/operate.ts";
import {
  OPERATOR_METHODS,
  StatusAnswerSchema,
} from "../../extensions/convos/src/operator-methods.ts";
import { OPERATIONS, type Operation } from "../../extensions/convos/src/operations.ts";
import { provision } from "../../extensions/convos/src/setup-provision.ts";
import { WrongResultError } from "../measure.ts";

const PLUGIN = fileURLToPath(new URL("../../extensions/convos", import.meta.url));
const CONNECT_TIMEOUT_MS = 120_000;
/** Each look is answered by the plugin, whose time is measured. */
const LOOK_PAUSE_MS = 400;
/** For a host that is never asked to answer. */
const NO_MODEL = { baseUrl: "http://127.0.0.1:9/v1", modelId: "none" };

export interface BotHostOptions {
  readonly folder: string;
  readonly nodeUrl: string;
  readonly model?: HostOptions["model"];
  /** Laid over the account's section. */
  readonly section?: JsonObject;
  readonly owners?: readonly string[];
  /** Folders of further plugins, by id. */
  readonly plugins?: Readonly<Record<string, string>>;
  readonly config?: JsonObject;
}

/** Prepares the host and makes the account's identity, as the setup does. No conversation yet. */
export async function prepareBotHost(options: BotHostOptions): Promise<Host> {
  const { config, folder, model = NO_MODEL, nodeUrl, owners, plugins = {}, section } = options;
  const convos = { enabled: true, env: "local", apiUrl: nodeUrl, ...section } as const;
  const host = await prepareHost({
    root: path.join(folder, "home"),
    model,
    channels: { convos },
    plugins: {
      allow: ["convos", ...Object.keys(plugins)],
      loadPaths: [PLUGIN, ...Object.values(plugins)],
    },
    ownerAllowFrom: owners ?? ["convos:nobody"],
    ...(config === undefined ? {} : { config }),
  });
  const { stateDir } = host.paths;
  const cfg = { channels: { convos } };
  await provision({ cfg, accountId: "default", stateDir, now: Date.now });
  return host;
}

/** The same host with the plugin switched off, to compare with. */
export async function prepareBareHost(folder: string): Promise<Host> {
  return await prepareHost({
    root: path.join(folder, "home"),
    model: NO_MODEL,
    plugins: { allow: ["convos"], loadPaths: [PLUGIN] },
    ownerAllowFrom: ["convos:nobody"],
    config: { plugins: { entries: { convos: { enabled: false } } } },
  });
}

/** Has the account make conversations until there are so many. @returns The ids of all. */
export async function growBot(gateway: Gateway, count: number): Promise<string[]> {
  await whenRunning(gateway);
  const { conversations } = await ask(gateway, OPERATIONS.conversations, {});
  const ids = conversations.map(({ id }) => id);
  while (ids.length < count) {
    const { conversationId } = await ask(gateway, OPERATIONS.create, {
      name: `Room ${ids.length}`,
    });
    ids.push(conversationId);
  }
  await whenConnected(gateway, count);
  return ids;
}

/** An invite to a conversation that the account made. @returns The link. */
export async function inviteToBot(gateway: Gateway, conversationId: string): Promise<string> {
  const { url } = await ask(gateway, OPERATIONS.invite, { conversationId, singleUse: false });
  return url;
}

/** Resolves when so many conversations are there and each has a live stream: people can write to the bot. */
export async function whenConnected(gateway: Gateway, conversations: number): Promise<void> {
  await pollUntil(
    async () => {
      await sleep(LOOK_PAUSE_MS);
      return await readFigures(gateway);
    },
    (figures) => figures?.connected === true && figures.conversations === conversations,
    CONNECT_TIMEOUT_MS,
    `${conversations} conversations connected`,
  );
}

async function whenRunning(gateway: Gateway): Promise<void> {
  await pollUntil(
    () => readFigures(gateway),
    (figures) => figures !== undefined,
    CONNECT_TIMEOUT_MS,
    "the account at work",
  );
}

/** Has the gateway do what an operator can have done. */
async function ask<TParams extends z.ZodType, TAnswer extends z.ZodType>(
  gateway: Gateway,
  operation: Operation<TParams, TAnswer>,
  params: z.input<TParams>,
): Promise<z.output<TAnswer>> {
  const answer = await askGateway(
    { ask: async (method, schema, given) => schema.parse(await gateway.call(method, given)) },
    operation,
    params,
  );
  if (answer === undefined) throw new WrongResultError(`${operation.method}: not done`);
  return answer;
}

async function readFigures(gateway: Gateway) {
  return StatusAnswerSchema.parse(await gateway.call(OPERATOR_METHODS.status)).figures;
}
