import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ClientContext } from "../src/client/client-context.ts";
import { ConversationBook } from "../src/client/conversation-book.ts";
import { ForkCounter } from "../src/client/fork-counter.ts";
import { DEFAULT_POLLING } from "../src/client/polling-options.ts";
import { RelayHealth } from "../src/client/relay-health.ts";
import { createSessionPort } from "../src/conversation/session-port.ts";
import { openStore } from "../src/store/gossip-store.ts";
import type { RelayClient } from "../src/transport/relay-client.ts";
import { native as crypto, person } from "./people.ts";

const random = (): number => 0.5;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {} };

/** What the parts of a client need, over a store in a folder of its own. Its clock stands still unless it is moved. */
export interface TestContext extends ClientContext, Disposable {
  nowMs: number;
}

/** @param number - The person whose client it is. */
export async function openTestContext(number: number, relay: RelayClient): Promise<TestContext> {
  const folder = mkdtempSync(path.join(tmpdir(), "gossip-context-"));
  const identity = person(number);
  const clock = { now: (): number => context.nowMs };
  const store = openStore(path.join(folder, "account", "gossip.db"), identity);
  const sessions = createSessionPort({ identity, crypto });
  const facts = { url: relay.url, traffic: relay.traffic, clockOffsetMs: 0 };
  const book = await ConversationBook.load({ store, sessions, clock, random });
  const forks = new ForkCounter({ clock, store, log: SILENT });
  book.listen((outcome) => forks.onStep(outcome));
  const context: TestContext = {
    nowMs: Date.UTC(2026, 0, 1),
    identity,
    relay,
    crypto,
    clock,
    random,
    log: SILENT,
    polling: DEFAULT_POLLING,
    store,
    book,
    forks,
    health: new RelayHealth({ relay: facts, clock, log: SILENT, onChange: () => {} }),
    [Symbol.dispose]: () => {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return context;
}
