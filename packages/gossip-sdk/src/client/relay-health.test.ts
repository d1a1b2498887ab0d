import { expect, it } from "vitest";
import { GossipError } from "../errors.ts";
import { RelayHealth } from "./relay-health.ts";

it("is connected once the relay has our keys and as long as nothing fails", () => {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const health = new RelayHealth({
    relay: { url: "u", traffic: { bytesIn: 0, bytesOut: 0 }, clockOffsetMs: 0 },
    clock: { now: () => 0 },
    log: { debug: note, info: note, warn: note },
    onChange: () => undefined,
  });
  const seen = [health.connected];
  const see = (step: () => void): void => {
    step();
    seen.push(health.connected);
  };
  see(() => health.worked("bulletin"));
  see(() => {
    health.keysPublishedAtMs = 0;
    health.worked("keys");
  });
  see(() => health.failed("board", new GossipError("relay_unreachable", "gone")));
  see(() => health.worked("board"));
  expect(seen).toEqual([false, false, true, false, true]);
  expect(lines.filter((line) => line.startsWith("connected"))).toHaveLength(2);
});
