import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { testAccountConnection } from "channel-kit/contracts";
import { afterEach, beforeEach, describe } from "vitest";
import { resolveMeshAccount } from "../../extensions/mesh/src/accounts.ts";
import { identityMaker } from "../../extensions/mesh/src/client-identity.ts";
import { openConnection } from "../../extensions/mesh/src/client.ts";
import { createMeshPerson, type MeshPerson } from "../support/mesh-person.ts";

const QUICK = { redialMinMs: 20, redialMaxMs: 100, syncMs: 500 };
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

let root = "";
let person: MeshPerson;
let open: () => ReturnType<typeof openConnection>;

/** A peer writes in a channel and directly; the bot stores both, and handles neither. */
beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "mesh-contract-"));
  person = await createMeshPerson({ folder: path.join(root, "person") });
  const identity = await identityMaker.derive(identityMaker.generateWords());
  const section = { enabled: true, peers: [person.url], allowPrivateAddresses: true };
  open = () =>
    openConnection({
      identity,
      account: resolveMeshAccount({ channels: { mesh: section } }),
      folder: path.join(root, "bot"),
      log: SILENT,
      timing: QUICK,
    });
  await using bot = await open();
  const stop = new AbortController();
  const running = bot.run(stop.signal);
  await person.whenLinked();
  await person.say("lobby", "hello");
  await person.whisper(bot.userId, "hello");
  const kinds = new Set<string>();
  for await (const event of bot.events(stop.signal)) {
    kinds.add(event.kind);
    if (kinds.size === 2) stop.abort();
  }
  await running;
});

afterEach(async () => {
  await person[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

describe("the connection of a Mesh account keeps what the shared rooms count on:", () => {
  testAccountConnection(() => open());
});
