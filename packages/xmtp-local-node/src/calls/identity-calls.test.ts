import { beforeEach, describe, expect, it } from "vitest";
import { encodeUpdate, installationOf, walletOf } from "../../test-support/identity-author.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import { inboxIdOf } from "../identity/inbox-state.ts";
import { NodeStore } from "../store/node-store.ts";
import { FieldWriter, Fields } from "../wire/fields.ts";
import { getInboxIds, publishIdentityUpdate } from "./identity-calls.ts";

const owner = walletOf(1);
const phone = installationOf(11);
const inboxId = inboxIdOf(owner.address, 1n);
const registration = encodeUpdate({
  inboxId,
  actions: [
    { kind: "create", owner: owner.address, by: owner },
    { kind: "add", member: phone.member, by: owner, with: phone },
  ],
});

describe("publishing an identity update", () => {
  let store: NodeStore;
  beforeEach(() => {
    store = NodeStore.open(":memory:", () => 1n);
  });

  function publish(update: Uint8Array): void {
    const request = new Fields(new FieldWriter().present(1, update).finish());
    publishIdentityUpdate({ store, post: () => undefined }, request);
  }

  /** The inbox that a name leads to, if any. */
  function find(identifier: string, kind: number): string {
    const query = new FieldWriter().text(1, identifier).uint32(2, kind).finish();
    const request = new Fields(new FieldWriter().present(1, query).finish());
    const answer = getInboxIds({ store, post: () => undefined }, request);
    return new Fields(answer).message(1).text(2);
  }

  it("keeps its bytes as they came, a field of a later client too", () => {
    const later = Buffer.concat([registration, new FieldWriter().text(99, "new").finish()]);
    publish(later);
    const [stored] = store.inboxes.list(inboxId, 0n);
    expect(Buffer.from(stored?.identityUpdate ?? [])).toEqual(later);
  });

  it("makes the inbox known by its address, whose kind clients may leave out", () => {
    publish(registration);
    expect([0, 1, 2].map((kind) => find(owner.address, kind))).toEqual([inboxId, inboxId, ""]);
  });

  it("stores nothing of one that breaks a rule", () => {
    const forged = Buffer.from(registration);
    forged.writeUInt8(forged.readUInt8(100) ^ 1, 100);
    expect(refusalOf(() => publish(forged)).code).toBe("INVALID_ARGUMENT");
    publish(registration);
    expect(refusalOf(() => publish(registration)).code).toBe("INVALID_ARGUMENT");
    expect(store.inboxes.list(inboxId, 0n)).toHaveLength(1);
  });

  it("ends when the log of the inbox is full", () => {
    for (let n = 0; n < 256; n++) {
      store.inboxes.append(inboxId, registration, { added: [], revoked: [] });
    }
    expect(refusalOf(() => publish(registration)).code).toBe("RESOURCE_EXHAUSTED");
  });
});
