// What `openclaw doctor` says about Gossip.
import { createDoctor } from "channel-kit/terminal";
import { gossipChannel } from "./account-channel.ts";
import { inspectConfig } from "./doctor-config.ts";
import { inspectGateway } from "./doctor-gateway.ts";
import { inspectPeople } from "./doctor-people.ts";

export const runGossipDoctor = createDoctor({
  channel: gossipChannel,
  inspectConfig: async (cfg) => [...inspectConfig(cfg), ...(await inspectPeople(cfg))],
  inspectRest: () => inspectGateway(),
});
