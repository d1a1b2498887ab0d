import { fileURLToPath } from "node:url";
import { formatInviteLink } from "gossip-sdk";
import type { ChannelShow } from "./channel-show.ts";
import { openGossipNetwork } from "./gossip-network.ts";

/** Gossip: a relay in this process; the bot makes its identity at its first start. */
export const gossipShow: ChannelShow = {
  id: "gossip",
  label: "Gossip",
  pluginFolder: fileURLToPath(new URL("../../extensions/gossip", import.meta.url)),
  async openNetwork(dataFolder) {
    const network = await openGossipNetwork(dataFolder);
    return {
      url: network.relayUrl,
      config: { enabled: true, protocolUrl: network.relayUrl },
      async findBot(gateway, timeoutMs) {
        const id = await network.findBot(gateway, "default", timeoutMs);
        return { id, invite: formatInviteLink(id) };
      },
      openPerson: (name) => network.openPerson(name),
      [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
    };
  },
};
