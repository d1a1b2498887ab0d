import { expect, it } from "vitest";
import { laneOf } from "./inbound.ts";
import { isOwnersLane } from "./owner-lane.ts";

const PAT = "gossip1wjkt2awm9gluat74xxk8av2uanzeg2ywtd5fclad5p4n5yy6t3es0ejzuh";

const cfgOf = (...ownerAllowFrom: string[]) => ({ commands: { ownerAllowFrom } });

it("owners wait for nobody else's turns, by the configuration of the moment", () => {
  expect(isOwnersLane(cfgOf(`gossip:${PAT}`, "*"), laneOf(PAT))).toBe(true);
  expect(isOwnersLane(cfgOf("gossip:nobody", "*"), laneOf(PAT))).toBe(false);
});
