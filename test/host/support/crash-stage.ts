import path from "node:path";
import {
  prepareHost,
  startGateway,
  startScriptedModel,
  type Gateway,
  type Host,
  type ModelRequest,
  type ScriptedModel,
} from "channel-testing";
import { bundleCrashPlugin } from "./crash-bundle.ts";
import { answerOf, findQuestion } from "./crash-cases.ts";
import type { CrashChannel, CrashNetwork, Player, Seat } from "./crash-channel.ts";
import { startCrashControl, type CrashControl } from "./crash-control.ts";
import { CONTROL_VARIABLE } from "./crash-plugin/checkpoints.ts";

/** A run of many kills is not to end because the machine had much else to do during one of them. */
const READY_TIMEOUT_MS = 240_000;

/** Everything around the gateway that is killed; it stays when the gateway goes. */
export interface CrashStage {
  /** Id of the channel. */
  readonly channel: string;
  readonly network: CrashNetwork;
  readonly control: CrashControl;
  readonly model: ScriptedModel;
  readonly host: Host;
  readonly players: readonly Player[];
  /** The gateway that runs now. */
  readonly gateway: Gateway;
  /** Starts the next one, after the last was killed. */
  boot(): Promise<void>;
}

/**
 * Starts network, model, gateway and one person for each seat, and brings them into contact.
 *
 * @param folder - Empty; the host, the plugin and everybody's state go there.
 * @param stack - Ends all of it.
 */
export async function openCrashStage(
  channel: CrashChannel,
  folder: string,
  seats: readonly Seat[],
  stack: AsyncDisposableStack,
): Promise<CrashStage> {
  const { id } = channel;
  const network = await channel.openNetwork(seats, folder, stack);
  const control = stack.use(await startCrashControl());
  const model = stack.use(await startScriptedModel({ reply }));
  const plugin = path.join(folder, "plugin");
  await bundleCrashPlugin(plugin, { ...channel.plugin, channel: id });
  const host = await prepareHost({
    root: path.join(folder, "host"),
    model,
    channels: { [id]: network.section },
    plugins: { allow: [id], loadPaths: [plugin] },
    // Nobody here is the owner.
    ownerAllowFrom: [`${id}:nobody`],
    // All turns stand still side by side.
    config: { agents: { defaults: { maxConcurrent: 64 } } },
    env: { [CONTROL_VARIABLE]: control.url },
  });
  const start = async (): Promise<Gateway> => {
    const started = await startGateway(host, { readyTimeoutMs: READY_TIMEOUT_MS });
    stack.defer(async () => {
      await started.kill();
    });
    return started;
  };
  const starting = start();
  const [players, first] = await Promise.all([network.meetPlayers(starting), starting]);
  let gateway = first;
  return {
    channel: id,
    network,
    control,
    model,
    host,
    players,
    get gateway() {
      return gateway;
    },
    boot: async () => {
      gateway = await start();
    },
  };
}

/** What a request to the model is about: the person's last question, also when the host has put words of its own after it. */
export function subjectOf(request: ModelRequest): ReturnType<typeof findQuestion> {
  const said = request.messages.filter(({ role }) => role === "user").map(({ text }) => text);
  return findQuestion(said.join("\n"));
}

/** How often the model was asked one person's question, in all lives of the gateway. */
export function countCalls(model: ScriptedModel, name: string, count: number): number {
  return model.requests.filter((request) => {
    const subject = subjectOf(request);
    return subject?.name === name && subject.count === count;
  }).length;
}

function reply(request: ModelRequest): string {
  const subject = subjectOf(request);
  return subject === undefined ? "No question." : answerOf(subject.name, subject.count);
}
