import path from "node:path";
import {
  linkPlugin,
  prepareHost,
  readOpenclawVersion,
  runOpenclaw,
  startGateway,
} from "channel-testing";
import type { Gateway, Host } from "channel-testing";
import { renderQrTerminal } from "openclaw/plugin-sdk/media-runtime";
import type { BotAddress, ChannelShow, Person, ShowNetwork } from "./channel-show.ts";
import { restoreLinkedHome, saveLinkedHome } from "./linked-home.ts";
import type { ShowModel } from "./model.ts";
import type { RunFolder } from "./run-folder.ts";
import type { StepRunner } from "./steps.ts";

const BOT_TIMEOUT_MS = 90_000;
const MESSAGE_TIMEOUT_MS = 90_000;
/** The host's own words; the code is eight characters without 0, O, 1 and I. */
const PAIRING_TEXT = /access not configured[\s\S]*?\b([A-HJ-NP-Z2-9]{8})\b/;

const FIRST_TEXT = "Hello, is anybody there?";
const SECOND_TEXT = "Hello again, what did I write?";

export interface ShowOptions {
  readonly channel: ChannelShow;
  readonly network: ShowNetwork;
  readonly model: ShowModel;
  readonly folder: RunFolder;
  readonly steps: StepRunner;
  readonly print: (text: string) => void;
  /** Told when the gateway runs. */
  readonly onGateway: (gateway: Gateway) => void;
  /** Takes over what was started, and ends it in the reverse order. */
  readonly stack: AsyncDisposableStack;
  readonly signal: AbortSignal;
}

export interface ShowResult {
  readonly bot: BotAddress;
  readonly person: Person;
}

/** The main job, from a linked plugin to an answered message. Each step is printed as it happens. */
export async function showChannel(options: ShowOptions): Promise<ShowResult> {
  const { channel, network, model, steps, print, stack, signal } = options;
  const next = `less ${options.folder.home}/gateway.log`;

  const host = await steps.run({
    title: `openclaw plugins install --link ${path.relative(process.cwd(), channel.pluginFolder)}`,
    next: "npm run build",
    run: () => prepareLinkedHost(options),
    detail: ({ isNew }) => (isNew ? "linked" : "as linked before"),
  });
  // A person needs seconds of key derivation; the gateway's start is the time for it.
  const arriving = network.openPerson("second");
  // Its failure is a step of its own; until then it is nobody's unhandled rejection.
  arriving.catch(() => undefined);
  const gateway = await steps.run({
    title: "gateway",
    next,
    run: async () => {
      const started = stack.use(await startGateway(host, { signal }));
      assertPluginLoaded(started, channel.id);
      return started;
    },
    detail: () => `OpenClaw ${readOpenclawVersion()} on http://127.0.0.1:${host.port}`,
  });
  options.onGateway(gateway);
  const bot = await steps.run({
    title: `${channel.label} bot`,
    next,
    run: () => network.findBot(gateway, BOT_TIMEOUT_MS),
    detail: ({ id }) => id,
  });
  print(await renderQrTerminal(bot.invite, { small: true }));
  print(bot.invite);

  const person = await steps.run({
    title: "second person",
    next: "npm test",
    run: () => arriving,
    detail: ({ id }) => id,
  });
  const code = await steps.run({
    title: `stranger: "${FIRST_TEXT}"`,
    next,
    run: () => askForCode(person, bot, model),
    detail: (received) => `pairing code ${received}, the agent hears nothing`,
  });
  await steps.run({
    title: `openclaw pairing approve ${channel.id} ${code}`,
    next,
    run: async () => {
      await runOpenclaw(host, ["pairing", "approve", channel.id, code], { signal });
      return person.hear(bot.id, () => true, MESSAGE_TIMEOUT_MS);
    },
    detail: (notice) => `the bot says "${shorten(notice)}"`,
  });
  await steps.run({
    title: `person: "${SECOND_TEXT}"`,
    next,
    run: () => askAgent(person, bot, model),
    detail: (answer) => `the agent answers "${shorten(answer)}"`,
  });
  return { bot, person };
}

async function prepareLinkedHost(options: ShowOptions): Promise<Host & { isNew: boolean }> {
  const { channel, network, model, folder, signal } = options;
  const place = { home: folder.home, cache: folder.linked, pluginFolder: channel.pluginFolder };
  const basics = { root: folder.home, model: model.endpoint };
  const isNew = !restoreLinkedHome(place);
  if (isNew) {
    // The configuration names plugin and channel only afterwards: the host takes a name that it cannot find for an
    // unfinished upgrade, and says so at every start.
    await linkPlugin(await prepareHost(basics), channel.pluginFolder, { signal });
    saveLinkedHome(place);
  }
  const host = await prepareHost({
    ...basics,
    channels: { [channel.id]: network.config },
    plugins: { allow: [channel.id] },
    env: model.env,
    allowHosts: model.allowHosts,
  });
  return { ...host, isNew };
}

/** A gateway is ready without a plugin that it could not load; it says so in one line. */
function assertPluginLoaded(gateway: Gateway, pluginId: string): void {
  const complaint = gateway.log.lines.find(
    ({ text }) => text.includes("[plugins]") && text.includes(`plugin=${pluginId}`),
  );
  if (complaint !== undefined) throw new Error(complaint.text);
}

/** An unknown sender gets a code, and the agent does not hear of it. */
async function askForCode(person: Person, bot: BotAddress, model: ShowModel): Promise<string> {
  await person.say(bot.id, FIRST_TEXT);
  const text = await person.hear(bot.id, () => true, MESSAGE_TIMEOUT_MS);
  const code = PAIRING_TEXT.exec(text)?.[1];
  if (code === undefined) throw new Error(`expected a pairing code, got "${shorten(text)}"`);
  const calls = model.calls() ?? 0;
  if (calls > 0) throw new Error(`the model was asked ${calls} times before the approval`);
  return code;
}

async function askAgent(person: Person, bot: BotAddress, model: ShowModel): Promise<string> {
  model.expect(SECOND_TEXT);
  await person.say(bot.id, SECOND_TEXT);
  // A scripted answer repeats the question; a provider's may be anything.
  const isAnswer = (text: string): boolean =>
    model.calls() === undefined || text.includes(SECOND_TEXT);
  return person.hear(bot.id, isAnswer, MESSAGE_TIMEOUT_MS);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
