// What `openclaw doctor` says about Mesh.
import { meshChannel } from "./account-channel.ts";
import { inspectConfig } from "./doctor-config.ts";
import { createDoctor, inspectGateway } from "channel-kit/terminal";
import { MESH } from "./config-schema.ts";
import { inspectPeople } from "./doctor-people.ts";

export const runMeshDoctor = createDoctor({
  channel: meshChannel,
  inspectConfig: async (cfg) => [...inspectConfig(cfg), ...(await inspectPeople(cfg))],
  inspectRest: () => inspectGateway(MESH, () => undefined),
});
