import path from "node:path";
import { startRelay } from "gossip-relay";
import type { Identity } from "gossip-sdk";
import {
  deriveDurableKey,
  identityMaker,
  openConnection,
} from "../../extensions/gossip/src/client.ts";
import { startBot } from "../support/gossip-bot.ts";
import { createPerson } from "../support/gossip-person.ts";
import type { DamagedChannel } from "./damaged-channel.ts";

const MESSAGES = 3;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const ACCOUNT = { accountId: "default", username: "openclaw" };

export const gossipDamage: DamagedChannel<Identity> = {
  channelId: "gossip",
  account: ACCOUNT,
  files: ["session.json", "session.previous.json", "gossip.db", "channel.db"],
  maker: identityMaker,
  durableKey: deriveDurableKey,
  async live(root, stateDir) {
    await using relay = await startRelay();
    await using person = await createPerson(relay.url, path.join(root, "person"));
    const section = { enabled: true, protocolUrl: relay.url, dmPolicy: "open", allowFrom: ["*"] };
    const bot = startBot({ stateDir, section });
    const userId = await bot.whenReady();
    await person.greet(userId, "hello");
    await bot.whenTurns(1);
    for (let count = 0; count < MESSAGES; count += 1) {
      // One after the other: a burst would be one turn.
      await person.say(userId, `message ${count}`);
      await bot.whenTurns(count + 2);
    }
    await bot.stop();
  },
  async open(identity, folder) {
    const connection = await openConnection({
      identity,
      protocolUrl: "http://127.0.0.1:1/api",
      folder,
      displayName: ACCOUNT.username,
      log: SILENT,
      judgeContact: () => Promise.resolve("accepted"),
    });
    connection.status();
    return connection;
  },
};
