import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { testAccountConnection } from "channel-kit/contracts";
import { startRelay, type RunningRelay } from "gossip-relay";
import { afterEach, beforeEach, describe } from "vitest";
import { identityMaker, openConnection } from "../../extensions/gossip/src/client.ts";
import { createPerson } from "../support/gossip-person.ts";

const QUICK = { liveMs: 40, idleMs: 40, idleMaxMs: 80, bulletinMs: 40, tickMs: 50 };
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined };

let root = "";
let relay: RunningRelay;
let open: () => ReturnType<typeof openConnection>;

/** A person asks for contact and writes; the bot stores both, and handles neither. */
beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "gossip-connection-"));
  relay = await startRelay();
  const identity = await identityMaker.derive(identityMaker.generateWords());
  open = () =>
    openConnection({
      identity,
      protocolUrl: relay.url,
      folder: root,
      displayName: "Bot",
      log: SILENT,
      polling: QUICK,
      judgeContact: () => Promise.resolve("trusted"),
    });
  await using bot = await open();
  await using person = await createPerson(relay.url, path.join(root, "person"));
  const stop = new AbortController();
  const running = bot.run(stop.signal);
  await whenPublished(bot);
  await person.greet(bot.userId, "hello");
  let seen = 0;
  for await (const event of bot.events(stop.signal)) {
    seen += 1;
    if (event.type === "contact_request") await person.say(bot.userId, "and more");
    if (seen === 2) stop.abort();
  }
  await running;
});

afterEach(async () => {
  await relay.close();
  rmSync(root, { recursive: true, force: true });
});

async function whenPublished(bot: Awaited<ReturnType<typeof open>>): Promise<void> {
  if (bot.isReachable()) return;
  const reached = Promise.withResolvers<void>();
  const forget = bot.onStatusChange(() => bot.isReachable() && reached.resolve());
  await reached.promise;
  forget();
}

describe("the connection of a Gossip account keeps what the shared rooms count on:", () => {
  testAccountConnection(() => open());
});
