import { STORED_TEXT, testSealedStore } from "sdk-kit/contracts";
import { describe } from "vitest";
import { ConvosError } from "../errors.ts";
import { SecretBytes } from "../identity/secret-bytes.ts";
import { openStore } from "./convos-store.ts";
import { createSealer } from "./database.ts";

const INBOX_ID = "ab".repeat(32);
const MESSAGE_ID = "cd".repeat(32);

describe("the store of Convos", () => {
  testSealedStore({
    StoreError: ConvosError,
    createSealer,
    open: (file, storageKey) => openStore(file, { storageKey: () => new SecretBytes(storageKey) }),
    fill: (store) =>
      store.transaction(() => {
        const id = store.conversations.insert(0, {
          phase: "active",
          inboxId: INBOX_ID,
          createdAtMs: 1_000,
          isCreator: true,
          name: STORED_TEXT,
          memberCount: 1,
          cursorNs: "0",
          admissionsMs: [],
        });
        const item = Buffer.from(STORED_TEXT);
        store.incoming.insert(id, item);
        store.outgoing.insert({ conversation: id, key: STORED_TEXT, item, nowMs: 1_000 });
        store.seen.add(id, MESSAGE_ID, 1_000n);
        store.ledger.add(id, "join request", MESSAGE_ID, STORED_TEXT);
      }),
    hidden: [INBOX_ID, MESSAGE_ID].flatMap((id) => [Buffer.from(id), Buffer.from(id, "hex")]),
    firstVersion: {
      applicationId: 0x434e5653,
      keyCheck: "28bd1ec58339ce418381d082ad483554",
      sealed: "K05IxCVIZPXJEDYkDXtNQlrY6PzjQYmyPOF46QMah3azuuMVM7XCWU0=",
    },
  });
});
