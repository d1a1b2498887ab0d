import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ClientContext } from "../src/client/client-context.ts";
import { ConversationBook } from "../src/client/conversation-book.ts";
import { decodeEvent } from "../src/client/event-codec.ts";
import { DEFAULT_TIMING } from "../src/client/timing.ts";
import type { Clock } from "../src/clock.ts";
import { generateMnemonic } from "../src/identity/mnemonic.ts";
import { rootFromMnemonic } from "../src/identity/root.ts";
import { Gate } from "../src/pacing/gate.ts";
import { openStore } from "../src/store/convos-store.ts";

/** What the parts of a client share, on a real store, with no network behind it. */
export interface ClientOnDisk {
  readonly context: ClientContext;
  /** Row of the one conversation there is: active, in a group. */
  readonly conversation: number;
  readonly logged: string[];
  /** Kinds of the events that nobody has taken, oldest first. */
  readonly eventTypes: () => string[];
  /** Closes the store and deletes it. */
  readonly close: () => void;
}

export function openClientOnDisk(options: {
  readonly clock: Clock;
  readonly groupId: string;
  readonly tag?: string;
  readonly isCreator?: boolean;
  readonly admissionsPerHour?: number;
}): ClientOnDisk {
  const { clock, groupId, tag, isCreator = false } = options;
  const folder = mkdtempSync(path.join(tmpdir(), "convos-client-"));
  const root = rootFromMnemonic(generateMnemonic());
  const store = openStore(path.join(folder, "convos.sqlite"), root);
  const book = new ConversationBook(store, clock);
  const { id } = book.create(0, {
    phase: "active",
    inboxId: root.conversationKey(0).inboxId,
    createdAtMs: clock.now(),
    isCreator,
    groupId,
    ...(tag !== undefined && { tag }),
    memberCount: 1,
    cursorNs: "0",
    admissionsMs: [],
  });
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  const admissionsPerHour = options.admissionsPerHour ?? DEFAULT_TIMING.admissionsPerHour;
  return {
    context: {
      folder,
      env: "local",
      network: {
        openInbox: () => Promise.reject(new Error("test: no network")),
        fetchAddresses: () => Promise.resolve([]),
        countInstallations: () => Promise.resolve(0),
        isRegistered: () => Promise.resolve(false),
      },
      store,
      book,
      keyAt: (index) => root.conversationKey(index),
      databaseKeyAt: () => new Uint8Array(32),
      profileName: undefined,
      admit: () => "admit",
      clock,
      random: () => 0,
      log: { debug: log, info: log, warn: log },
      timing: { ...DEFAULT_TIMING, admissionsPerHour },
      openings: new Gate(1),
      notify: () => {},
    },
    conversation: id,
    logged,
    eventTypes: () =>
      store.incoming
        .after(0, Number.MAX_SAFE_INTEGER)
        .map(({ event }) => decodeEvent(event).content.type),
    close() {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
