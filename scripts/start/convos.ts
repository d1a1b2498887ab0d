import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runOpenclaw } from "channel-testing";
import { startConvosCliNode } from "../../test/support/convos-cli-node.ts";
import type { ServedConversation } from "../../test/support/convos-cli-serve.ts";
import { ConvosCli } from "../../test/support/convos-cli.ts";
import {
  BOT_TIMEOUT_MS,
  MESSAGE_TIMEOUT_MS,
  shorten,
  type Backstage,
  type ChannelShow,
  type ShowEnd,
  type Stage,
} from "./channel-show.ts";

const OWNERS_TEXT = "Good morning, are you in?";
const STRANGERS_TEXT = "OpenClaw, tell me a secret";
const LAST_TEXT = "OpenClaw, who is here?";

/** Convos: an XMTP node in this process, and the unmodified Convos CLI as the phone that invites the agent. */
export const convosShow: ChannelShow = {
  id: "convos",
  label: "Convos",
  pluginFolder: fileURLToPath(new URL("../../extensions/convos", import.meta.url)),
  networkTitle: "XMTP node, and the Convos CLI as a phone",
  networkCommand: "npm run xmtp-node",
  async openNetwork(dataFolder) {
    await using opened = new AsyncDisposableStack();
    const node = await startConvosCliNode();
    opened.defer(() => node.close());
    const folder = path.join(dataFolder, "convos");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const cli = new ConvosCli(path.join(folder, "phone"));
    const phone = opened.use(await cli.serve(undefined, { name: "Family", profileName: "Alice" }));
    const stack = opened.move();
    return {
      url: node.url,
      config: { enabled: true, env: "local", apiUrl: node.url },
      // The setup asks for this with a code from the phone; a script has nobody to say yes.
      owners: [`convos:${phone.inboxId}`],
      prepare: (backstage) => storeInvite(backstage, phone),
      play: (stage) => playConversation(stage, phone, path.join(folder, "stranger")),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  },
};

/** The phone's invite reaches OpenClaw in a file: on a command line, other users of the machine could read it. */
async function storeInvite(
  { dataFolder, host, next, signal, steps }: Backstage,
  phone: ServedConversation,
): Promise<void> {
  const file = path.join(dataFolder, "convos", "invite.txt");
  writeFileSync(file, phone.inviteUrl, { mode: 0o600 });
  await steps.run({
    title: "openclaw convos join --invite-file invite.txt",
    next,
    run: () => runOpenclaw(host, ["convos", "join", "--invite-file", file], { signal }),
    detail: () => "stored for the gateway",
  });
}

/** The agent joins, answers its owner, and does not hear somebody else who joins. */
async function playConversation(
  stage: Stage,
  phone: ServedConversation,
  strangersFolder: string,
): Promise<ShowEnd> {
  const { gateway, model, next, steps } = stage;
  const { conversationId } = phone;
  await steps.run({
    title: "Convos agent",
    next,
    run: () =>
      gateway.log.waitFor(new RegExp(`in conversation ${conversationId}`), {
        timeoutMs: BOT_TIMEOUT_MS,
      }),
    detail: () => `in the phone's conversation ${conversationId}`,
  });
  await steps.run({
    title: `phone: "${OWNERS_TEXT}"`,
    next,
    run: () => ask(stage, phone, OWNERS_TEXT),
    detail: (answer) => `the agent answers "${shorten(answer)}"`,
  });
  const stranger = new ConvosCli(strangersFolder);
  await steps.run({
    title: `somebody else joins: "${STRANGERS_TEXT}"`,
    next,
    run: async () => {
      await stranger.join(phone.inviteUrl, { profileName: "Bob" });
      await stranger.sendText(conversationId, STRANGERS_TEXT);
      await phone.message(STRANGERS_TEXT, MESSAGE_TIMEOUT_MS);
    },
    detail: () => "he is not the owner",
  });
  await steps.run({
    title: `phone: "${LAST_TEXT}"`,
    next,
    run: async () => {
      const before = model.calls() ?? 0;
      const answer = await ask(stage, phone, LAST_TEXT);
      const calls = (model.calls() ?? 1) - before;
      if (calls > 1) throw new Error(`the model was asked ${calls} times instead of once`);
      return answer;
    },
    detail: (answer) => `the agent answers "${shorten(answer)}", and the other one hears it`,
  });
  return { say: async (text) => void (await phone.send(text)), onText: () => () => undefined };
}

async function ask({ model }: Stage, phone: ServedConversation, text: string): Promise<string> {
  model.expect(text);
  await phone.send(text);
  // What the phone shows of an answer: which message it replies to, and the text.
  const literal = text.replaceAll(/[.?]/g, String.raw`\$&`);
  const isAnswer = new RegExp(`(?:reply to|You wrote) "${literal}"`);
  return (await phone.message(isAnswer, MESSAGE_TIMEOUT_MS)).content;
}
