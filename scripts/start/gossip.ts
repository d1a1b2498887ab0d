import { fileURLToPath } from "node:url";
import { runOpenclaw } from "channel-testing";
import { formatInviteLink, type GossipUserId } from "gossip-sdk";
import { renderQrTerminal } from "openclaw/plugin-sdk/media-runtime";
import {
  BOT_TIMEOUT_MS,
  MESSAGE_TIMEOUT_MS,
  shorten,
  type ChannelShow,
  type ShowEnd,
  type Stage,
} from "./channel-show.ts";
import { openGossipNetwork, type GossipNetwork } from "./gossip-network.ts";
import type { GossipPerson } from "./gossip-person.ts";
import type { ShowModel } from "./model.ts";

/** The host's own words; the code is eight characters without 0, O, 1 and I. */
const PAIRING_TEXT = /access not configured[\s\S]*?\b([A-HJ-NP-Z2-9]{8})\b/;

const FIRST_TEXT = "Hello, is anybody there?";
const SECOND_TEXT = "Hello again, what did I write?";

/** Gossip: a relay in this process; the bot makes its identity at its first start. */
export const gossipShow: ChannelShow = {
  id: "gossip",
  label: "Gossip",
  pluginFolder: fileURLToPath(new URL("../../extensions/gossip", import.meta.url)),
  networkTitle: "Gossip relay",
  networkCommand: "npm run relay",
  async openNetwork(dataFolder) {
    const network = await openGossipNetwork(dataFolder);
    // A person needs seconds of key derivation; the gateway's start is the time for it.
    const arriving = network.openPerson("second");
    // Its failure is a step of its own; until then it is nobody's unhandled rejection.
    arriving.catch(() => undefined);
    return {
      url: network.relayUrl,
      config: { enabled: true, protocolUrl: network.relayUrl },
      owners: [],
      prepare: () => Promise.resolve(),
      play: (stage) => playPairing(stage, network, arriving),
      [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
    };
  },
};

/** A stranger writes, is approved, and is answered. */
async function playPairing(
  stage: Stage,
  network: GossipNetwork,
  arriving: Promise<GossipPerson>,
): Promise<ShowEnd> {
  const { gateway, host, model, next, print, signal, steps } = stage;
  const bot = await steps.run({
    title: "Gossip bot",
    next,
    run: () => network.findBot(gateway, "default", BOT_TIMEOUT_MS),
    detail: (id) => id,
  });
  const invite = formatInviteLink(bot);
  print(await renderQrTerminal(invite, { small: true }));
  print(invite);
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
    title: `openclaw pairing approve gossip ${code}`,
    next,
    run: async () => {
      await runOpenclaw(host, ["pairing", "approve", "gossip", code], { signal });
      return person.hear(bot, () => true, MESSAGE_TIMEOUT_MS);
    },
    detail: (notice) => `the bot says "${shorten(notice)}"`,
  });
  await steps.run({
    title: `person: "${SECOND_TEXT}"`,
    next,
    run: () => askAgent(person, bot, model),
    detail: (answer) => `the agent answers "${shorten(answer)}"`,
  });
  return {
    say: (text) => person.say(bot, text),
    onText: (listener) => person.onText((from, text) => from === bot && listener(text)),
  };
}

/** An unknown sender gets a code, and the agent does not hear of it. */
async function askForCode(
  person: GossipPerson,
  bot: GossipUserId,
  model: ShowModel,
): Promise<string> {
  const before = model.calls() ?? 0;
  await person.say(bot, FIRST_TEXT);
  const text = await person.hear(bot, () => true, MESSAGE_TIMEOUT_MS);
  const code = PAIRING_TEXT.exec(text)?.[1];
  if (code === undefined) throw new Error(`expected a pairing code, got "${shorten(text)}"`);
  const calls = (model.calls() ?? 0) - before;
  if (calls > 0) throw new Error(`the model was asked ${calls} times before the approval`);
  return code;
}

async function askAgent(
  person: GossipPerson,
  bot: GossipUserId,
  model: ShowModel,
): Promise<string> {
  model.expect(SECOND_TEXT);
  await person.say(bot, SECOND_TEXT);
  // A scripted answer repeats the question; a provider's may be anything.
  const isAnswer = (text: string): boolean =>
    model.calls() === undefined || text.includes(SECOND_TEXT);
  return person.hear(bot, isAnswer, MESSAGE_TIMEOUT_MS);
}
