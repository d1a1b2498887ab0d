import path from "node:path";
import { resolveMeshAccount } from "../../extensions/mesh/src/accounts.ts";
import {
  deriveDurableKey,
  identityMaker,
  type MeshIdentity,
} from "../../extensions/mesh/src/client-identity.ts";
import { openConnection } from "../../extensions/mesh/src/client.ts";
import { startMeshBot } from "../support/mesh-bot.ts";
import { createMeshPerson } from "../support/mesh-person.ts";
import type { DamagedChannel } from "./damaged-channel.ts";

const MESSAGES = 3;
const CHANNEL = "lobby";
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

export const meshDamage: DamagedChannel<MeshIdentity> = {
  channelId: "mesh",
  account: { accountId: "default", username: "default" },
  files: ["session.json", "session.previous.json", "peer/mesh.db", "peer/own.db", "channel.db"],
  maker: identityMaker,
  durableKey: deriveDurableKey,
  async live(root, stateDir) {
    await using person = await createMeshPerson({ folder: path.join(root, "person") });
    const bot = startMeshBot({ stateDir, section: sectionFor(person.url, person.peerId) });
    const botId = await bot.whenReady();
    for (let count = 0; count < MESSAGES; count += 1) {
      // One after the other: a burst would be one turn.
      if (count % 2 === 0) await person.whisper(botId, `message ${count}`);
      else await person.say(CHANNEL, `@${botId} message ${count}`);
      await bot.whenTurns(count + 1);
    }
    await bot.stop();
  },
  async open(identity, folder) {
    const section = sectionFor("ws://127.0.0.1:1", identity.userId);
    const account = resolveMeshAccount({ channels: { mesh: section } }, "default");
    const connection = await openConnection({ identity, account, folder, log: SILENT });
    connection.status();
    return connection;
  },
};

function sectionFor(url: string, friend: string): Record<string, unknown> {
  return {
    enabled: true,
    peers: [url],
    allowPrivateAddresses: true,
    channels: [CHANNEL],
    dmPolicy: "allowlist",
    allowFrom: [friend],
    groupPolicy: "open",
  };
}
