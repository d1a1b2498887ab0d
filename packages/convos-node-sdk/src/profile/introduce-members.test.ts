import { expect, it } from "vitest";
import { introduceMembers } from "./introduce-members.ts";
import type { ResolvedProfile } from "./resolve-profiles.ts";

const ADA = "a".repeat(64);
const BELA = "b".repeat(64);
const NEW = "c".repeat(64);

function known(...profiles: ResolvedProfile[]): Map<string, ResolvedProfile> {
  return new Map(profiles.map((profile) => [profile.inboxId, profile]));
}

it("says what members said about themselves, and of a newcomer what came with the request", () => {
  const members = known({ inboxId: ADA, name: "Ada", source: "update" });
  const profile = { name: "Neu", memberKind: "agent" };
  expect(introduceMembers(members, { inboxId: NEW, profile })).toEqual([
    { inboxId: ADA, name: "Ada" },
    { inboxId: NEW, name: "Neu", memberKind: "agent" },
  ]);
});

it("does not repeat what any member may have written into the metadata", () => {
  const members = known({ inboxId: ADA, name: "The owner", source: "metadata" });
  expect(introduceMembers(members, { inboxId: NEW, profile: undefined })).toEqual([]);
});

it("leaves out a profile that is larger than any honest one, so that the message can be sent", () => {
  const members = known(
    { inboxId: ADA, name: "A".repeat(60_000), source: "update" },
    { inboxId: BELA, name: "Béla", source: "update" },
  );
  const profile = { name: "N".repeat(60_000) };
  expect(introduceMembers(members, { inboxId: NEW, profile })).toEqual([
    { inboxId: BELA, name: "Béla" },
  ]);
});
