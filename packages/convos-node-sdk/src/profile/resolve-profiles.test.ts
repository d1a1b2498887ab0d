import { describe, expect, it } from "vitest";
import { type ProfileMessage, resolveProfiles } from "./resolve-profiles.ts";

const ADA = "a".repeat(64);
const BELA = "b".repeat(64);

function update(senderInboxId: string, name?: string): ProfileMessage {
  return { type: "update", senderInboxId, profile: name === undefined ? {} : { name } };
}

function snapshot(...profiles: { inboxId: string; name: string }[]): ProfileMessage {
  return { type: "snapshot", profiles };
}

describe("how a member shows itself", () => {
  it("is its own latest update, whatever a newer snapshot says", () => {
    const resolved = resolveProfiles([
      snapshot({ inboxId: ADA, name: "Owner" }),
      update(ADA, "Ada now"),
      update(ADA, "Ada then"),
    ]);
    expect(resolved.get(ADA)).toEqual({ inboxId: ADA, name: "Ada now", source: "update" });
  });

  it("without an update is the newest snapshot that names it", () => {
    const resolved = resolveProfiles([
      snapshot({ inboxId: BELA, name: "Béla" }),
      snapshot({ inboxId: ADA, name: "Ada now" }),
      snapshot({ inboxId: ADA, name: "Ada then" }),
    ]);
    expect(resolved.get(ADA)).toMatchObject({ name: "Ada now", source: "snapshot" });
    expect(resolved.get(BELA)).toMatchObject({ name: "Béla", source: "snapshot" });
  });

  it("without messages is what the metadata says", () => {
    const metadata = [{ inboxId: ADA.toUpperCase(), name: "Ada", image: "https://example.org" }];
    const resolved = resolveProfiles([update(BELA, "Béla")], metadata);
    expect(resolved.get(ADA)).toEqual({ inboxId: ADA, name: "Ada", source: "metadata" });
  });

  it("is nothing when its latest update says nothing", () => {
    const messages = [update(ADA), update(ADA, "Ada"), snapshot({ inboxId: ADA, name: "Ada" })];
    const resolved = resolveProfiles(messages, [{ inboxId: ADA, name: "Ada" }]);
    expect(resolved.get(ADA)).toEqual({ inboxId: ADA, source: "update" });
  });

  it("is not changed by an update of somebody else", () => {
    expect(resolveProfiles([update(BELA, "Ada")]).has(ADA)).toBe(false);
  });
});
