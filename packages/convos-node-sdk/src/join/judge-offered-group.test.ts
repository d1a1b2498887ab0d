import { expect, it } from "vitest";
import { judgeOfferedGroup, type OfferedGroup } from "./judge-offered-group.ts";

const invited: OfferedGroup = {
  inviteTag: "tag",
  creatorInboxId: "creator",
  groupTag: "tag",
  addedBy: "creator",
  untaggedForMs: 0,
};

it.each<[string, Partial<OfferedGroup>, string]>([
  ["the creator lets us into the group with the tag", {}, "ours"],
  ["a stranger who knows the tag adds us", { addedBy: "stranger" }, "foreign"],
  ["the creator adds us to another group", { groupTag: "other" }, "foreign"],
  ["the creator has not written the tag yet", { groupTag: "" }, "wait"],
  ["nobody can read the metadata yet", { groupTag: undefined }, "wait"],
  ["the tag never comes", { groupTag: "", untaggedForMs: 60_000 }, "foreign"],
])("when %s, it is %3$s", (_name, change, expected) => {
  expect(judgeOfferedGroup({ ...invited, ...change })).toBe(expected);
});
