import { expect, it } from "vitest";
import { ProfileSchema, sumShare } from "./profile-share.ts";

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url },
  children,
});
/** The host calls the plugin, which calls the host; beside it the host by itself, and nothing to do. */
const profile = ProfileSchema.parse({
  nodes: [
    node(1, "(root)", "", [2, 5, 6]),
    node(2, "start", "host.js", [3]),
    node(3, "own", "plugin.js", [4]),
    node(4, "helper", "host.js"),
    node(5, "other", "host.js"),
    node(6, "(idle)", ""),
  ],
  startTime: 1_000_000,
  endTime: 1_070_000,
  samples: [2, 3, 4, 5, 6, 3],
  timeDeltas: [10_000, 10_000, 10_000, 10_000, 10_000, 20_000],
});
const isOwn = (url: string) => url === "plugin.js";

it("the plugin's share is what runs in it and below it", () => {
  expect(sumShare(profile, isOwn, profile.endTime)).toEqual({ ownMs: 40, busyMs: 60 });
});

it("what comes after the moment does not count", () => {
  expect(sumShare(profile, isOwn, 1_060_000)).toEqual({ ownMs: 20, busyMs: 40 });
});
