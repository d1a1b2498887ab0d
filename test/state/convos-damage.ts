import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveConvosAccount } from "../../extensions/convos/src/accounts.ts";
import {
  deriveDurableKey,
  identityMaker,
  type ConvosIdentity,
} from "../../extensions/convos/src/client-identity.ts";
import { openConnection } from "../../extensions/convos/src/client.ts";
import { startConvosBot } from "../support/convos-bot.ts";
import { ConvosNet } from "../support/convos-people.ts";
import type { DamagedChannel } from "./damaged-channel.ts";

const MESSAGES = 3;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const NOWHERE = "http://127.0.0.1:1";

/** XMTP's own databases are opened by the running account only, each for its conversation: see convos-installations. */
export const convosDamage: DamagedChannel<ConvosIdentity> = {
  channelId: "convos",
  account: { accountId: "default", username: "default" },
  files: ["session.json", "session.previous.json", "convos.sqlite", "channel.db"],
  maker: identityMaker,
  durableKey: deriveDurableKey,
  async live(_root, stateDir) {
    await using net = await ConvosNet.start();
    const alice = await net.person("Alice");
    const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
    const { url: invite } = await alice.client.createInvite(id);
    const cfg = configFor(net.node.url, inboxId);
    await using bot = await startConvosBot({ stateDir, cfg, invite });
    await alice.next("members_changed");
    for (let count = 0; count < MESSAGES; count += 1) {
      // One after the other: a burst would be one turn.
      await alice.sendText(id, `message ${count}`);
      await bot.nextTurn();
    }
  },
  async open(identity, folder) {
    const account = resolveConvosAccount(configFor(NOWHERE, ""));
    const connection = await openConnection({ identity, account, folder, log: SILENT });
    connection.conversations();
    return connection;
  },
};

function configFor(apiUrl: string, ownerInboxId: string): OpenClawConfig {
  return {
    channels: { convos: { enabled: true, env: "local", apiUrl } },
    commands: { ownerAllowFrom: [`convos:${ownerInboxId}`] },
  };
}
