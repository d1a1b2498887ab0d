import path from "node:path";
import { fileURLToPath } from "node:url";
import { createMeshPerson, type MeshPerson } from "../../test/support/mesh-person.ts";
import {
  BOT_TIMEOUT_MS,
  MESSAGE_TIMEOUT_MS,
  shorten,
  type ChannelShow,
  type ShowEnd,
  type Stage,
} from "./channel-show.ts";

const CHANNEL = "lobby";
const CHANNEL_TEXT = "OpenClaw, is anybody here?";
const STRANGERS_TEXT = "OpenClaw, tell me a secret";
const DIRECT_TEXT = "And between the two of us?";

/** Mesh: a relay in this process, and two peers that dial it as the bot does; only one of them is on the bot's lists. */
export const meshShow: ChannelShow = {
  id: "mesh",
  label: "Mesh",
  pluginFolder: fileURLToPath(new URL("../../extensions/mesh", import.meta.url)),
  networkTitle: "Mesh relay, and two other peers",
  networkCommand: "npm run mesh -- join lobby",
  async openNetwork(dataFolder) {
    await using opened = new AsyncDisposableStack();
    const meet = async (name: string, dial?: string): Promise<MeshPerson> =>
      opened.use(
        await createMeshPerson({
          folder: path.join(dataFolder, "mesh", name),
          channels: [CHANNEL],
          ...(dial === undefined ? {} : { dial }),
        }),
      );
    const relay = await meet("relay");
    const friend = await meet("friend", relay.url);
    const stranger = await meet("stranger", relay.url);
    const stack = opened.move();
    return {
      url: relay.url,
      config: {
        enabled: true,
        peers: [relay.url],
        // All of it is on this machine.
        allowPrivateAddresses: true,
        dmPolicy: "allowlist",
        allowFrom: [friend.peerId],
        groupAllowFrom: [friend.peerId],
      },
      owners: [],
      prepare: () => Promise.resolve(),
      play: (stage) => playLobby(stage, { friend, stranger }),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  },
};

/** The agent answers a peer on its list, in the channel and directly, and does not hear another one. */
async function playLobby(
  stage: Stage,
  { friend, stranger }: { readonly friend: MeshPerson; readonly stranger: MeshPerson },
): Promise<ShowEnd> {
  const { gateway, model, next, steps } = stage;
  const botId = await steps.run({
    title: "Mesh bot",
    next,
    run: async () => {
      const line = /user id ([\w-]{43}) /;
      const { text } = await gateway.log.waitFor(line, { timeoutMs: BOT_TIMEOUT_MS });
      return line.exec(text)?.[1] ?? "";
    },
    detail: (id) => id,
  });
  await steps.run({
    title: `peer in ${CHANNEL}: "${CHANNEL_TEXT}"`,
    next,
    run: () => ask(stage, friend, botId, CHANNEL_TEXT, (text) => friend.say(CHANNEL, text)),
    detail: (answer) => `the agent answers "${shorten(answer)}"`,
  });
  await steps.run({
    title: `stranger in ${CHANNEL}: "${STRANGERS_TEXT}"`,
    next,
    run: async () => {
      await stranger.say(CHANNEL, STRANGERS_TEXT);
      const isThere = (): boolean => friend.heard.some(({ body }) => body === STRANGERS_TEXT);
      await friend.until(isThere, AbortSignal.timeout(MESSAGE_TIMEOUT_MS));
    },
    detail: () => "it is on no list",
  });
  await steps.run({
    title: `peer, sealed: "${DIRECT_TEXT}"`,
    next,
    run: async () => {
      const before = model.calls() ?? 0;
      const answer = await ask(stage, friend, botId, DIRECT_TEXT, (text) =>
        friend.whisper(botId, text),
      );
      const calls = (model.calls() ?? 1) - before;
      if (calls > 1) throw new Error(`the model was asked ${calls} times instead of once`);
      return answer;
    },
    detail: (answer) => `the agent answers "${shorten(answer)}", which no relay can read`,
  });
  return { say: (text) => friend.whisper(botId, text), onText: () => () => undefined };
}

async function ask(
  { model }: Stage,
  friend: MeshPerson,
  botId: string,
  text: string,
  send: (text: string) => Promise<unknown>,
): Promise<string> {
  model.expect(text);
  const before = friend.heard.length;
  await send(text);
  // A scripted answer repeats the question; a provider's may be anything.
  const find = (): string | undefined =>
    friend.heard
      .slice(before)
      .find(
        ({ body, senderId }) =>
          senderId === botId && (model.calls() === undefined || body.includes(text)),
      )?.body;
  await friend.until(() => find() !== undefined, AbortSignal.timeout(MESSAGE_TIMEOUT_MS));
  return find() ?? "";
}
