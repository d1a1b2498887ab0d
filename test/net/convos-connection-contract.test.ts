import path from "node:path";
import { testAccountConnection } from "channel-kit/contracts";
import { generateMnemonic } from "convos-node-sdk";
import { afterEach, beforeEach, describe } from "vitest";
import { identityMaker } from "../../extensions/convos/src/client-identity.ts";
import { openConnection } from "../../extensions/convos/src/client.ts";
import { ConvosNet } from "../support/convos-people.ts";

const QUICK = { joinPollMs: 250, retryMinMs: 100, retryMaxMs: 500 };
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const account = {
  accountId: "default",
  env: "local",
  name: "Bot",
  ownerKey: { kind: "generated" },
} as const;

let net: ConvosNet;
let open: () => ReturnType<typeof openConnection>;

/** A person invites the bot and writes; the bot stores what happens, and handles none of it. */
beforeEach(async () => {
  net = await ConvosNet.start();
  const identity = await identityMaker.derive(generateMnemonic());
  open = () =>
    openConnection({
      identity,
      account: { ...account, apiUrl: net.node.url },
      folder: path.join(net.folderFor("bot")),
      log: SILENT,
      timing: QUICK,
    });
  const person = await net.person("person");
  const { id } = await person.client.createConversation({ name: "Room" });
  const { url } = await person.client.createInvite(id);
  await using bot = await open();
  const stop = new AbortController();
  const running = bot.run(stop.signal);
  await bot.join(url);
  for await (const event of bot.events(stop.signal)) {
    if (event.type === "joined") await person.sendText(id, "hello");
    if (event.type === "message") stop.abort();
  }
  await running;
});

afterEach(() => net[Symbol.asyncDispose]());

describe("the connection of a Convos account keeps what the shared rooms count on:", () => {
  testAccountConnection(() => open());
});
