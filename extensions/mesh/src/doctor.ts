// What `openclaw doctor` says about Mesh.
import { meshChannel } from "./account-channel.ts";
import { inspectConfig } from "./doctor-config.ts";
import { createDoctor } from "channel-kit/terminal";
import { inspectGateway } from "./doctor-gateway.ts";
import { inspectPeople } from "./doctor-people.ts";

export const runMeshDoctor = createDoctor({
  channel: meshChannel,
  inspectConfig: async (cfg) => [...inspectConfig(cfg), ...(await inspectPeople(cfg))],
  inspectRest: () => inspectGateway(),
});
