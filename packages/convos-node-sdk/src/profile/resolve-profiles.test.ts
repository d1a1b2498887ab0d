import { describe, expect, it } from "vitest";
import { type ProfileMessage, resolveProfiles } from "./resolve-profiles.ts";

const ADA = "a".repeat(64);
const BELA = "b".repeat(64);
const CREATOR = "c".repeat(64);
const MALLORY = "e".repeat(64);
const HOST = "f".repeat(64);
const introducers = [CREATOR, HOST];

function update(senderInboxId: string, name?: string): ProfileMessage {
  return { type: "update", senderInboxId, profile: name === undefined ? {} : { name } };
}

function snapshot(
  senderInboxId: string,
  ...profiles: { inboxId: string; name: string }[]
): ProfileMessage {
  return { type: "snapshot", senderInboxId, profiles };
}

describe("how a member shows itself", () => {
  it("is its own latest update, whatever a newer snapshot says", () => {
    const messages = [
      snapshot(CREATOR, { inboxId: ADA, name: "Owner" }),
      update(ADA, "Ada now"),
      update(ADA, "Ada then"),
    ];
    expect(resolveProfiles(messages, { introducers }).get(ADA)).toEqual({
      inboxId: ADA,
      name: "Ada now",
      source: "update",
    });
  });

  it("without an update is the newest snapshot of the creator that names it", () => {
    const resolved = resolveProfiles(
      [
        snapshot(CREATOR, { inboxId: BELA, name: "Béla" }),
        snapshot(CREATOR, { inboxId: ADA, name: "Ada now" }),
        snapshot(CREATOR, { inboxId: ADA, name: "Ada then" }),
      ],
      { introducers },
    );
    expect(resolved.get(ADA)).toMatchObject({ name: "Ada now", source: "snapshot" });
    expect(resolved.get(BELA)).toMatchObject({ name: "Béla", source: "snapshot" });
  });

  it("is what the creator says rather than what whoever let us in says, and that if there is nothing else", () => {
    const resolved = resolveProfiles(
      [
        snapshot(HOST, { inboxId: ADA, name: "Not Ada" }, { inboxId: BELA, name: "Béla" }),
        snapshot(CREATOR, { inboxId: ADA, name: "Ada" }),
      ],
      { introducers },
    );
    expect(resolved.get(ADA)).toMatchObject({ name: "Ada" });
    expect(resolved.get(BELA)).toMatchObject({ name: "Béla" });
  });

  it("is nothing that another member says, not even about one who never said anything", () => {
    const messages = [
      snapshot(MALLORY, { inboxId: ADA, name: "The owner" }, { inboxId: BELA, name: "Nobody" }),
      snapshot(CREATOR, { inboxId: ADA, name: "Ada" }),
    ];
    const resolved = resolveProfiles(messages, { introducers });
    expect(resolved.get(ADA)).toMatchObject({ name: "Ada" });
    expect(resolved.has(BELA)).toBe(false);
  });

  it("without messages is what the metadata says", () => {
    const metadataProfiles = [
      { inboxId: ADA.toUpperCase(), name: "Ada", image: "https://example.org" },
    ];
    const resolved = resolveProfiles([update(BELA, "Béla")], { introducers, metadataProfiles });
    expect(resolved.get(ADA)).toEqual({ inboxId: ADA, name: "Ada", source: "metadata" });
  });

  it("is nothing when its latest update says nothing", () => {
    const messages = [
      update(ADA),
      update(ADA, "Ada"),
      snapshot(CREATOR, { inboxId: ADA, name: "Ada" }),
    ];
    const metadataProfiles = [{ inboxId: ADA, name: "Ada" }];
    const resolved = resolveProfiles(messages, { introducers, metadataProfiles });
    expect(resolved.get(ADA)).toEqual({ inboxId: ADA, source: "update" });
  });

  it("is not changed by an update of somebody else", () => {
    expect(resolveProfiles([update(BELA, "Ada")], { introducers }).has(ADA)).toBe(false);
  });
});
