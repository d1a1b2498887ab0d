import { hkdfSync } from "node:crypto";
import { systemClock } from "../clock.ts";
import { ConvosError } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import type { ConvosRoot } from "../identity/root.ts";
import { Gate } from "../pacing/gate.ts";
import { OWNER_KEY_INDEX } from "../store/conversation-record.ts";
import type { ConvosStore } from "../store/convos-store.ts";
import { createXmtpNetwork } from "../xmtp/network.ts";
import type { ClientContext } from "./client-context.ts";
import { ConversationBook } from "./conversation-book.ts";
import { DEFAULT_TIMING } from "./timing.ts";
import type { ConvosClientOptions, ConvosLog } from "./types.ts";

/** Inboxes opened at a time: each start costs a database and a connection. */
const OPENINGS_AT_A_TIME = 8;
const DATABASE_KEY_BYTES = 32;

/** What the parts of a client share, with the defaults filled in. @throws ConvosError `state_unreadable`. */
export function createContext(
  options: ConvosClientOptions,
  store: ConvosStore,
  { log, notify }: { readonly log: ConvosLog; readonly notify: () => void },
): ClientContext {
  const { folder, root, env, apiUrl } = options;
  const clock = options.clock ?? systemClock;
  return {
    folder,
    env,
    network: options.network ?? createXmtpNetwork({ env, ...(apiUrl !== undefined && { apiUrl }) }),
    store,
    book: new ConversationBook(store, clock),
    keyAt: (index) => keyAt(options, index),
    databaseKeyAt: (index) => deriveDatabaseKey(root, index),
    profileName: options.profile?.name,
    admit: options.admit ?? (() => "admit"),
    clock,
    random: options.random ?? Math.random,
    log,
    timing: { ...DEFAULT_TIMING, ...options.timing },
    openings: new Gate(OPENINGS_AT_A_TIME),
    notify,
  };
}

function keyAt({ root, ownerKey }: ConvosClientOptions, index: number): ConvosKey {
  if (index !== OWNER_KEY_INDEX) return root.conversationKey(index);
  if (ownerKey !== undefined) return ownerKey;
  throw new ConvosError(
    "wrong_key",
    "A conversation of this account uses the owner key, which is not given. Put it back.",
  );
}

function deriveDatabaseKey(root: ConvosRoot, index: number): Uint8Array {
  const info = `convos-node-sdk: XMTP database ${index}, version 1`;
  const storageKey = root.storageKey().reveal();
  return new Uint8Array(hkdfSync("sha256", storageKey, "", info, DATABASE_KEY_BYTES));
}
